"""Every outcome of every operation has a case; here are those whose fields are looked at."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import regex

from actions.departments import load_departments
from actions.sandbox import clock
from actions.sandbox.store import DEPARTMENTS
from nlu.fast_yaml import load_yaml

from .conftest import DATA, Sandbox
from .test_sandbox_counters import CASES as WRITTEN


class Case(NamedTuple):
    """One call; `fields` are patterns (fullmatch) of all result fields; `before` comes first."""

    department: str
    operation: str
    values: dict[str, str]
    outcome: str
    fields: dict[str, str] = {}
    before: dict[str, str] | None = None
    before_operation: str = ""


def day(ahead: int) -> str:
    """ISO date so many days from today."""
    return clock.in_days(ahead)


MONEY = r"\d{1,3}(,\d\d)*(,\d{3})?(\.\d\d)?"
LINK = r"http://localhost:\d+/pay/ORD-[0-9a-f]{12}\?lang=te"
ORDER = {"order_id": "ORD-.+", "order_amount": r"[0-9.]+", "payment_link": LINK}
DATE = r"\d\d-\d\d-\d{4}"
TIME = r"\d{1,2}:\d\d [AP]M"
MOBILE = {"mobile_number": "9848012345"}
DARSHAN = {
    "temple_name": "srisailam",
    "darshan_type": "special",
    "darshan_date": day(3),
    "devotee_count": "4",
    **MOBILE,
}
TICKET = {
    "from_stop": "vijayawada",
    "to_stop": "tirupati",
    "travel_date": day(2),
    "passenger_count": "2",
    **MOBILE,
}
INCOME = {
    "applicant_name": "లక్ష్మి",
    "aadhaar_number": "499118665246",
    "annual_income": "120000",
    "purpose": "education",
}
BIRTH = {
    "child_name": "సాయి",
    "date_of_birth": "2019-05-14",
    "place_of_birth": "తెనాలి",
    "father_name": "శ్రీను",
    "mother_name": "లక్ష్మి",
    "aadhaar_number": "234123412346",
}
RELIEF = {
    "patient_name": "లక్ష్మి",
    "aadhaar_number": "499118665246",
    "hospital_name": "GGH Guntur",
    "bank_account_number": "30501234567",
    "ifsc_code": "SBIN0001234",
}
CHILD = {
    "ulb_name": "vijayawada",
    "child_name": "sai  teja",
    "date_of_birth": "2019-05-14",
    "mother_name": "లక్ష్మి",
}
DUE, PAID, UNKNOWN = "6123401005678", "1123401000012", "1123401009999"

CASES = [
    Case(
        "endowments",
        "bookDarshan",
        DARSHAN,
        "ok",
        {"booking_id": r"\d{15}", "amount": "1,200", "slot_time": TIME, **ORDER},
    ),
    Case("endowments", "bookDarshan", {**DARSHAN, "darshan_date": day(13)}, "full"),
    Case("endowments", "bookDarshan", {**DARSHAN, "darshan_date": day(17)}, "closed"),
    Case("endowments", "bookDarshan", {**DARSHAN, "darshan_date": day(-1)}, "closed"),
    Case(
        "endowments",
        "bookDarshan",
        {**DARSHAN, "darshan_type": "free"},
        "booked_free",
        {"booking_id": r"\d{15}", "amount": "0", "slot_time": TIME, "order_amount": "0"},
    ),
    Case(
        "endowments",
        "createOffering",
        {"temple_name": "kanaka_durga", "amount": "1116"},
        "ok",
        {"offering_id": r"EH\d+", **ORDER},
    ),
    Case(
        "endowments",
        "getTemple",
        {"temple_name": "srisailam"},
        "ok",
        {
            "open_time": "4:30 AM",
            "close_time": "10:00 PM",
            "darshan_fee": "300",
            "address": "శ్రీశైలం, నంద్యాల జిల్లా",
            "phone": "1100",
        },
    ),
    Case(
        "energy",
        "getBill",
        {"service_number": DUE},
        "ok",
        {"amount": "845", "due_date": DATE, "bill_month": r".+ \d{4}", "consumer_name": ".+"},
    ),
    Case(
        "energy",
        "getBill",
        {"service_number": PAID},
        "no_dues",
        {"amount": "0", "bill_month": ".+", "consumer_name": ".+"},
    ),
    Case("energy", "getBill", {"service_number": UNKNOWN}, "not_found"),
    Case(
        "energy",
        "payBill",
        {"service_number": DUE},
        "ok",
        {"amount": "845", **ORDER},
    ),
    Case("energy", "payBill", {"service_number": PAID}, "no_dues"),
    Case("energy", "payBill", {"service_number": UNKNOWN}, "not_found"),
    Case(
        "energy",
        "registerSupplyComplaint",
        {"service_number": DUE, "location": "తెనాలి"},
        "ok",
        {"complaint_number": r"SUP\d+", "expected_by": f"{DATE} {TIME}"},
    ),
    Case(
        "energy",
        "registerSupplyComplaint",
        {"service_number": "6123401005679", "location": "తెనాలి"},
        "already_open",
        {"complaint_number": "SUP26110041", "expected_by": f"{DATE} {TIME}"},
    ),
    Case(
        "energy",
        "registerSupplyComplaint",
        {"service_number": UNKNOWN, "location": "తెనాలి"},
        "not_found",
    ),
    Case(
        "apsrtc",
        "bookTicket",
        TICKET,
        "ok",
        {
            "ticket_number": r"RTC\d{8}",
            "fare": "1,820",
            "departure_time": f"{DATE} {TIME}",
            "bus_name": "ఎక్స్‌ప్రెస్",
            "held_until": r"\d{4}-\d\d-\d\dT.+",
            **ORDER,
        },
    ),
    Case(
        "apsrtc",
        "listBuses",
        {**TICKET, "bus_kind": "ac", "bus_time": "21:30"},
        "ok",
        {
            "values": "B2100\nB2200",
            "titles": "9:00 PM · ₹1,547\n10:00 PM · ₹2,002",
            "abouts": "ఇంద్ర ఏసీ\nవెన్నెల ఏసీ స్లీపర్",
        },
    ),
    Case(
        "apsrtc",
        "listBuses",
        {**TICKET, "to_stop": "guntur", "bus_kind": "ac", "bus_time": "06:00"},
        "other_buses",
        {
            "values": "B0630\nB0930\nB1500\nB1800\nB2345",
            "titles": r"6:30 AM · ₹75\n(?s:.+)",
            "abouts": r"(?s:.+)",
        },
    ),
    Case("apsrtc", "listBuses", {**TICKET, "travel_date": day(13)}, "full"),
    Case(
        "apsrtc",
        "listBuses",
        {**TICKET, "from_stop": "hindupur", "to_stop": "srikakulam"},
        "no_bus",
    ),
    Case(
        "apsrtc",
        "quoteTicket",
        {**TICKET, "bus": "B2100"},
        "ok",
        {
            "bus_name": "ఇంద్ర ఏసీ",
            "departs": f"{DATE} 9:00 PM",
            "seat_fare": "1,547",
            "total_fare": "3,094",
        },
    ),
    Case(
        "apsrtc",
        "quoteTicket",
        {**TICKET, "bus": "B0630"},
        "full",
        before_operation="bookTicket",
        before={**TICKET, "bus": "B0630", "passenger_count": "39"},
    ),
    Case("apsrtc", "bookTicket", {**TICKET, "travel_date": day(90)}, "no_bus"),
    Case("apsrtc", "bookTicket", {**TICKET, "to_stop": "vijayawada"}, "no_bus"),
    Case("apsrtc", "bookTicket", {**TICKET, "travel_date": day(13)}, "full"),
    Case(
        "apsrtc",
        "bookTicket",
        {**TICKET, "bus": "B0630"},
        "full",
        before={**TICKET, "bus": "B0630", "passenger_count": "39"},
    ),
    Case(
        "apsrtc",
        "trackBus",
        {"ticket_number": "RTC26110001"},
        "ok",
        {"place": "రాజమహేంద్రవరం", "delay_minutes": "12", "expected_time": TIME},
    ),
    Case("apsrtc", "trackBus", {"ticket_number": "RTC26110002"}, "not_started"),
    Case("apsrtc", "trackBus", {"ticket_number": "RTC26110003"}, "not_found"),
    Case("apsrtc", "trackBus", {"ticket_number": "RTC26119999"}, "not_found"),
    Case(
        "apsrtc",
        "quoteCancellation",
        {"ticket_number": "RTC26110002", **MOBILE},
        "ok",
        {"refund": "738", "kept": "82", "days": "7"},
    ),
    Case("apsrtc", "quoteCancellation", {"ticket_number": "RTC26110001", **MOBILE}, "departed"),
    Case(
        "apsrtc",
        "quoteCancellation",
        {"ticket_number": "RTC26110003", **MOBILE},
        "already_cancelled",
    ),
    Case("apsrtc", "quoteCancellation", {"ticket_number": "RTC26119999", **MOBILE}, "not_found"),
    Case(
        "apsrtc",
        "quoteTicket",
        {**TICKET, "to_stop": "vijayawada"},
        "no_bus",
    ),
    Case(
        "apsrtc",
        "cancelTicket",
        {"ticket_number": "RTC26110002", **MOBILE},
        "ok",
        {"refund_amount": "738", "refund_days": "7"},
    ),
    Case(
        "apsrtc",
        "cancelTicket",
        {"ticket_number": "RTC26110002", "mobile_number": "9848000000"},
        "not_found",
    ),
    Case("apsrtc", "cancelTicket", {"ticket_number": "RTC26110001", **MOBILE}, "departed"),
    Case("apsrtc", "cancelTicket", {"ticket_number": "RTC26110003", **MOBILE}, "already_cancelled"),
    Case(
        "revenue",
        "applyIncomeCertificate",
        INCOME,
        "ok",
        {"application_number": r"IC\d{10}", "expected_by": DATE},
    ),
    Case("revenue", "applyIncomeCertificate", INCOME, "duplicate", before=INCOME),
    Case(
        "revenue",
        "applyLateBirthRegistration",
        BIRTH,
        "ok",
        {"application_number": r"LB\d{10}", "expected_by": DATE},
    ),
    Case("revenue", "applyLateBirthRegistration", {**BIRTH, "date_of_birth": day(-30)}, "not_late"),
    Case("revenue", "applyLateBirthRegistration", BIRTH, "duplicate", before=BIRTH),
    Case(
        "canteens",
        "listCanteens",
        {"location": "guntur"},
        "ok",
        {"count": "3", "addresses": "(.*గుంటూరు\n?){3}"},
    ),
    Case(
        "canteens",
        "listCanteens",
        {"location": "srikalahasti"},
        "none",
        {"count": "0", "addresses": ""},
    ),
    Case(
        "canteens",
        "getTimings",
        {},
        "ok",
        {
            "breakfast": f"{TIME} - {TIME}",
            "lunch": f"{TIME} - {TIME}",
            "dinner": f"{TIME} - {TIME}",
        },
    ),
    Case(
        "canteens",
        "createDonation",
        {"donor_name": "లక్ష్మి", "amount": "500", **MOBILE},
        "ok",
        {"donation_id": r"ACD\d+", **ORDER},
    ),
    Case(
        "cmrf",
        "getApplication",
        {"application_number": "CMRF2026001001"},
        "approved",
        {"amount": "60,000", "updated_on": DATE},
    ),
    Case(
        "cmrf",
        "getApplication",
        {"application_number": "CMRF2026001002"},
        "pending",
        {"updated_on": DATE},
    ),
    Case(
        "cmrf",
        "getApplication",
        {"application_number": "CMRF2026001003"},
        "rejected",
        {"updated_on": DATE},
    ),
    Case("cmrf", "getApplication", {"application_number": "CMRF2026009999"}, "not_found"),
    Case(
        "cmrf",
        "applyRelief",
        RELIEF,
        "ok",
        {"application_number": r"CMRF\d{10}", "expected_by": DATE},
    ),
    Case("cmrf", "applyRelief", RELIEF, "duplicate", before=RELIEF),
    Case("cmrf", "getEligibility", {}, "ok", {"income_limit": "2,50,000", "helpline": "1100"}),
    Case(
        "municipal",
        "getBirthCertificate",
        CHILD,
        "ok",
        {"certificate_number": "BC-VJA-2019-004512"},
    ),
    Case("municipal", "getBirthCertificate", {**CHILD, "mother_name": "రాధ"}, "not_found"),
    Case(
        "municipal",
        "getTaxDues",
        {"assessment_number": "1020304050"},
        "ok",
        {"amount": "3,420", "owner_name": ".+", "period": ".+"},
    ),
    Case(
        "municipal",
        "getTaxDues",
        {"assessment_number": "1020304051"},
        "no_dues",
        {"amount": "0", "owner_name": ".+", "period": ".+"},
    ),
    Case("municipal", "getTaxDues", {"assessment_number": "9999999999"}, "not_found"),
    Case(
        "municipal",
        "payTax",
        {"assessment_number": "1020304050"},
        "ok",
        {"amount": "3,420", **ORDER},
    ),
    Case("municipal", "payTax", {"assessment_number": "1020304051"}, "no_dues"),
    Case("municipal", "payTax", {"assessment_number": "9999999999"}, "not_found"),
    Case(
        "municipal",
        "registerGarbageComplaint",
        {"ulb_name": "guntur", "location": "Market road"},
        "ok",
        {"complaint_number": r"SAN\d+", "expected_by": DATE},
    ),
    Case(
        "municipal",
        "registerGarbageComplaint",
        {"ulb_name": "vijayawada", "location": "benz circle"},
        "already_open",
        {"complaint_number": "SAN26110041", "expected_by": DATE},
    ),
]
CASES += [Case(department, "getWrite", {}, "unknown") for department in DEPARTMENTS]
PAID = ("apsrtc", "canteens", "cmrf", "endowments", "energy", "municipal")
NO_ORDER = {"order_id": "ORD-000000000000"}
NEWS = {**NO_ORDER, "payment_id": "PAY-1", "amount_paise": "100"}
CASES += [Case(department, "getPayment", NO_ORDER, "not_booked") for department in PAID]
CASES += [Case(department, "bookPayment", NEWS, "refused") for department in PAID[1:]]


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{c.operation}-{c.outcome}-{n}" for n, c in enumerate(CASES)]
)
def test_operation_has_the_outcome_and_its_fields(sandbox: Sandbox, case: Case) -> None:
    if case.before is not None:
        first = sandbox.execute(
            case.department, case.before_operation or case.operation, case.before
        )
        assert first.outcome == "ok"
    result = sandbox.execute(case.department, case.operation, case.values)
    assert (result.outcome, result.reason) == (case.outcome, None)
    assert result.fields.keys() == case.fields.keys()
    wrong = {n: v for n, v in result.fields.items() if not regex.fullmatch(case.fields[n], v)}
    assert wrong == {}


BOOKED = {("getPayment", "booked"), ("bookPayment", "booked")}
"""Reached in test_sandbox_payments.py, after a payment."""


def test_every_outcome_of_every_operation_has_a_case() -> None:
    described = {
        (name, row.outcome)
        for department in load_departments(DATA, {}).values()
        if department.id != "grievances"  # tests/grievances
        for name, operation in department.operations.items()
        for row in operation.outcomes
    }
    reached = {(case.operation, case.outcome) for case in CASES} | BOOKED
    reached |= {("getTicketCopy", "not_paid"), ("cancelTicket", "released")}  # those of one bought
    reached |= {(case["operation"], case["outcome"]) for case in WRITTEN}
    assert described - reached == set()


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_addresses_come_in_the_citizens_language(sandbox: Sandbox, language: str) -> None:
    result = sandbox.execute("canteens", "listCanteens", {"location": "guntur"}, language=language)
    name = {"te": "గుంటూరు", "hi": "गुंटूर", "en": "Guntur"}[language]
    assert name in result.fields["addresses"]


def test_bought_ticket_can_be_tracked_and_cancelled(sandbox: Sandbox) -> None:
    ticket = sandbox.execute("apsrtc", "bookTicket", TICKET).fields["ticket_number"]
    track = sandbox.execute("apsrtc", "trackBus", {"ticket_number": ticket})
    assert track.outcome == "not_started"
    values = {"ticket_number": ticket, **MOBILE}
    assert sandbox.execute("apsrtc", "getTicketCopy", values).outcome == "not_paid"
    outcomes = [sandbox.execute("apsrtc", "cancelTicket", values).outcome for _ in range(2)]
    assert outcomes == ["released", "already_cancelled"]


def test_application_can_be_asked_after(sandbox: Sandbox) -> None:
    number = sandbox.execute("cmrf", "applyRelief", RELIEF).fields["application_number"]
    state = sandbox.execute("cmrf", "getApplication", {"application_number": number})
    assert state.outcome == "pending"


def test_every_temple_of_the_gazetteer_is_served(sandbox: Sandbox) -> None:
    folder = Path(DATA).parent / "gazetteers"
    temples = load_yaml((folder / "temples.yml").read_text("utf-8"))["places"]
    for temple in temples:
        result = sandbox.execute("endowments", "getTemple", {"temple_name": temple["value"]})
        assert result.outcome == "ok", temple["value"]


def test_bill_is_never_out_of_date(sandbox: Sandbox) -> None:
    due = sandbox.execute("energy", "getBill", {"service_number": DUE}).fields["due_date"]
    assert datetime.datetime.strptime(due, "%d-%m-%Y").date() > clock.today()
