"""One-time codes, and what was made through the sandbox: whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from actions.sandbox.access import Guard, read_policy
from actions.sandbox.phones import Sms, SmsOutbox, national, read_households
from actions.sandbox.store import Store
from tests.sandbox.access_town import LAKSHMI, OTHER, RAMESH, STRANGER, Town
from tests.served import served

BILL = {"service_number": "6123401005678"}
OTHERS_BILL = {"service_number": "1123401000012"}
PADMAVATHI = "+919848055667"
NEW_MOBILE = {**BILL, "mobile_number": "9999999999"}
TRANSFORMER = {"location": "Tenali"}
INCOME = {
    "applicant_name": "Sita",
    "aadhaar_number": "499118665246",
    "annual_income": "120000",
    "address": "Tenali",
}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    yield Town(tmp_path)


def test_code_is_sent_to_the_number_on_record_and_opens(town: Town) -> None:
    asked = town.ask("getBill", BILL, STRANGER)
    assert (asked.outcome, asked.fields) == ("code_needed", {"sent_to": "2345"})
    sms = town.sms()[0]
    assert (sms["sender"], sms["phone"]) == ("AP-ENERGY", "9848012345")
    assert "******9999" in sms["text"] and BILL["service_number"] in sms["text"]
    opened = town.ask("getBill", BILL, STRANGER, code=town.code())
    assert opened.fields["consumer_name"] == "K. Venkata Rao"


def test_who_is_on_record_needs_no_code(town: Town) -> None:
    assert town.ask("getBill", BILL, LAKSHMI).outcome == "ok"
    assert town.ask("getBill", BILL, RAMESH).outcome == "ok", "of the same household"
    assert town.sms() == []


def test_five_wrong_tries_and_the_code_is_over(town: Town) -> None:
    town.ask("getBill", BILL, STRANGER)
    right = town.code()
    wrong = "000000" if right != "000000" else "111111"
    tried = [town.ask("getBill", BILL, STRANGER, code=wrong) for _ in range(5)]
    assert [t.fields.get("tries_left") for t in tried] == ["4", "3", "2", "1", None]
    assert [t.outcome for t in tried] == ["code_wrong"] * 4 + ["code_over"]
    assert town.ask("getBill", BILL, STRANGER, code=right).outcome == "code_over"
    assert town.ask("getBill", BILL, STRANGER).outcome == "code_needed", "a new one"
    assert town.ask("getBill", BILL, STRANGER, code=town.code()).outcome == "ok"


@pytest.mark.parametrize(("after", "outcome"), [(599, "ok"), (600, "code_over")])
def test_code_lives_ten_minutes(town: Town, after: float, outcome: str) -> None:
    town.ask("getBill", BILL, STRANGER)
    code = town.code()
    town.clock.now += after
    assert town.ask("getBill", BILL, STRANGER, code=code).outcome == outcome


@pytest.mark.parametrize(
    ("operation", "values", "sender"),
    [
        ("getBill", BILL, OTHER),
        ("getBill", OTHERS_BILL, STRANGER),
        ("getUsageHistory", BILL, STRANGER),
        ("registerServiceMobile", NEW_MOBILE, STRANGER),
    ],
)
def test_code_is_good_for_one_sender_one_record_and_one_purpose(
    town: Town, operation: str, values: dict[str, str], sender: str
) -> None:
    town.ask("getBill", BILL, STRANGER)
    assert town.ask(operation, values, sender, code=town.code()).outcome == "code_over"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "٤٨٢٩١٣"])
def test_what_is_no_code_opens_nothing(town: Town, code: str) -> None:
    town.ask("getBill", BILL, STRANGER)
    headers = {"X-Citizen-Phone": STRANGER, "X-Citizen-Code": code.encode()}
    answer = town.raw("getBill", BILL, headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (401, "code_wrong")


def test_look_up_and_its_payment_are_one_purpose(town: Town) -> None:
    town.ask("getBill", BILL, STRANGER)
    town.ask("getBill", BILL, STRANGER, code=town.code())
    paid = town.ask("payBill", BILL, STRANGER, key="pay-1")
    assert paid.outcome == "ok"
    order = {"order_id": paid.fields["order_id"]}
    energy = {"department": "energy"}
    assert town.raw("getBill", BILL, {"X-Citizen-Phone": STRANGER}).status_code == 200
    assert town.ask("payBill", BILL, STRANGER, key="pay-2").outcome == "code_needed", "one write"
    owner = town.ask("getPayment", order, LAKSHMI, **energy)
    payer = town.ask("getPayment", order, STRANGER, **energy)
    assert (owner.missed, payer.missed) == (True, False), "an order belongs to who opened it"


def test_write_with_a_code_is_repeated_by_its_key_and_by_no_other(town: Town) -> None:
    assert town.ask("registerServiceMobile", NEW_MOBILE, STRANGER, key="m").outcome == "code_needed"
    code = town.code()
    first = town.ask("registerServiceMobile", NEW_MOBILE, STRANGER, code=code, key="m")
    again = town.ask("registerServiceMobile", NEW_MOBILE, STRANGER, key="m")
    assert first.outcome == again.outcome == "ok" and first.fields == again.fields
    assert len(town.get("/__writes/energy")) == 1
    other = {**NEW_MOBILE, "mobile_number": "9777777777"}
    assert town.ask("registerServiceMobile", other, STRANGER, code=code).outcome == "code_over"


def test_one_phone_gets_five_codes_an_hour_whoever_asks(town: Town) -> None:
    for n in range(5):
        sender = f"+91990000000{n}"
        assert town.ask("getBill", BILL, sender).outcome == "code_needed"
    assert town.ask("getBill", BILL, STRANGER).outcome == "too_many"
    assert len(town.sms()) == 5
    assert town.ask("getBill", BILL, LAKSHMI).outcome == "ok"
    town.clock.now += 3600
    assert town.ask("getBill", BILL, STRANGER).outcome == "code_needed"


def test_one_sender_asks_for_ten_codes_an_hour_of_whichever_phones(town: Town) -> None:
    asked = {}
    for operation in ("getBill", "getUsageHistory", "getPaymentHistory", "applyServiceDismantle"):
        for number in ("6123401005678", "1123401000012", "6123401005679"):
            values = {"service_number": number, "aadhaar_number": "499118665246"}
            asked[operation, number] = town.ask(operation, values, STRANGER).outcome
    assert list(asked.values()) == ["code_needed"] * 10 + ["too_many"] * 2


def test_same_call_within_a_minute_sends_no_second_sms(town: Town) -> None:
    for _ in range(3):
        assert town.ask("getBill", BILL, STRANGER).outcome == "code_needed"
    assert len(town.sms()) == 1
    town.clock.now += 60
    first = town.code()
    town.ask("getBill", BILL, STRANGER)
    assert len(town.sms()) == 2
    if town.code() != first:
        assert town.ask("getBill", BILL, STRANGER, code=first).outcome == "code_wrong"


def test_no_number_on_record_means_the_office(town: Town) -> None:
    field = {
        **{"district": "guntur", "mandal": "Tenali"},
        **{"village": "Kolakaluru", "survey_number": "133"},
    }
    assert town.ask("getAdangal", field, STRANGER).outcome == "no_number"


def test_codes_are_kept_as_hashes(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.ask("getBill", BILL, STRANGER)
    code = town.code()
    with Store(tmp_path / "sandbox.sqlite").transaction() as db:
        rows = [tuple(row) for row in db.execute("SELECT * FROM codes")]
    assert rows and not any(code in str(row) or "9848012345" in str(row) for row in rows)


def test_what_was_made_belongs_to_the_number_that_made_it(town: Town) -> None:
    made = town.ask("applyCasteCertificate", {**INCOME, **_CASTE}, RAMESH, key="caste")
    number = {"application_number": made.fields["application_number"]}
    status = "getCertificateApplicationStatus"
    assert town.ask(status, number, RAMESH).outcome == "in_progress"
    for foreign in (LAKSHMI, STRANGER):
        assert town.ask(status, number, foreign).outcome == "not_found"
        asked = town.raw_write("revenue", "caste", foreign)
        assert (asked.status_code, asked.json()["code"]) == (404, "unknown_write")
    assert town.raw_write("revenue", "caste", RAMESH).status_code == 201


_CASTE = {"relation_name": "Ram", "date_of_birth": "1990-01-01", "caste": "Padmashali"}


def test_what_nobody_sent_belongs_to_nobody(town: Town) -> None:
    made = town.raw("applyCasteCertificate", {**INCOME, **_CASTE}, {}).json()
    number = {"application_number": made["application_number"]}
    for sender in (LAKSHMI, STRANGER):
        found = town.ask("getCertificateApplicationStatus", number, sender)
        assert found.outcome == "not_found"


def test_ticket_belongs_to_who_booked_and_to_the_mobile_given(town: Town) -> None:
    from actions.sandbox import clock

    booked = town.ask(
        "bookTicket",
        {
            "from_stop": "vijayawada",
            "to_stop": "tirupati",
            "travel_date": clock.in_days(2),
            "passenger_count": "2",
            "mobile_number": PADMAVATHI[3:],
        },
        RAMESH,
    )
    ticket = {"ticket_number": booked.fields["ticket_number"]}
    found = [town.ask("trackBus", ticket, s).outcome for s in (RAMESH, PADMAVATHI, STRANGER)]
    assert found == ["not_started", "not_started", "not_found"]


def test_neighbour_who_reports_the_same_may_follow_it(town: Town) -> None:
    first = town.ask("registerTransformerComplaint", TRANSFORMER, RAMESH).fields["complaint_number"]
    second = town.ask("registerTransformerComplaint", TRANSFORMER, OTHER)
    assert second.outcome == "already_open"
    number = {"complaint_number": first}
    asked = [
        town.ask("getElectricityComplaintStatus", number, s).outcome
        for s in (RAMESH, OTHER, STRANGER)
    ]
    assert asked == ["in_progress", "in_progress", "not_found"]


def test_grievance_is_its_writers(town: Town) -> None:
    told = {"grievance_text": "the pump", "location": "Tenali", "office": "panchayat_raj"}
    made = town.ask("registerGrievance", told, RAMESH, key="g-1")
    number = {"grievance_number": made.fields["grievance_number"]}
    assert town.ask("getGrievance", number, RAMESH).outcome == "registered"
    assert town.ask("getGrievance", number, STRANGER).outcome == "not_found"
    assert town.ask("getGrievanceByReference", {}, RAMESH, key="g-1").outcome == "ok"
    assert town.ask("getGrievanceByReference", {}, STRANGER, key="g-1").outcome == "not_found"
    assert town.ask("listGrievances", {}, RAMESH).fields["values"] == number["grievance_number"]
    mine = {"citizen": f"109876543210987:{RAMESH[1:]}"}
    for operation in ("listGrievances", "listClosedGrievances"):
        listed = town.raw_list(operation, mine, STRANGER)
        assert listed.json() == {"grievances": []}, "whatever the body says of who asks"


def test_department_without_a_policy_does_not_open(tmp_path: Path) -> None:
    file = tmp_path / "x.yml"
    file.write_text("operations: {getBill: {kind: read}, payBill: {access: owner}}", "utf-8")
    with pytest.raises(ValueError, match="getBill"):
        read_policy(file)
    guard = Guard({"payBill": "owner"}, None, None, None, None)  # type: ignore[arg-type]
    assert guard.unguarded(["payBill", "getBill"]) == ["payBill", "getBill"]


def test_households_of_a_file_come_on_top(tmp_path: Path) -> None:
    file = tmp_path / "owners.yml"
    file.write_text('"+91 98480 55667": ["919000000001"]\n"9848012345": ["9000000002"]\n', "utf-8")
    found = read_households(file)
    assert found["9848055667"] == {"9000000001"}
    assert found["9848012345"] == {"9000054321", "9885067890", "9000000002"}


@pytest.mark.parametrize(
    ("written", "number"),
    [
        *(("+919848012345", "9848012345"), ("919848012345", "9848012345")),
        *((foreign, foreign) for foreign in ("+14155550123", "+9607771234", "+9848012345")),
    ],
)
def test_numbers_are_compared_however_they_are_written(written: str, number: str) -> None:
    assert national(written) == number


def test_sms_is_brought_to_the_simulator(tmp_path: Path) -> None:
    got = []

    async def phone(scope, receive, send):  # type: ignore[no-untyped-def]
        got.append((scope["path"], (await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    with served(phone) as url:
        outbox = SmsOutbox(Store(tmp_path / "s.sqlite"), lambda: 0.0, f"{url}/__sms")
        outbox.bring(Sms("+919848012345", "AP-ENERGY", "482913"))
    [(path, body)] = got
    assert path == "/__sms"
    assert httpx.Response(200, content=body).json()["sender"] == "AP-ENERGY"
    SmsOutbox(Store(tmp_path / "s.sqlite"), lambda: 0.0, f"{url}/__sms").bring(
        Sms("+919848012345", "AP-ENERGY", "482913")
    )  # nobody there: the sandbox's page has it
