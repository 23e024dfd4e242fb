"""What a citizen is shown: values in their language, sensitive numbers cut to four digits."""

from __future__ import annotations

import pytest

from actions.departments import OperationResult
from actions.departments.result import Reason
from actions.dialogue import display, perform
from actions.dialogue.display import filled
from actions.dialogue.form import Form
from actions.dialogue.state import State
from nlu.catalogue import Catalogue
from nlu.turn import Document
from tests.dialogue.talk import Department, Talk, heard

INCOME = {
    "applicant_name": "Ravi Kumar",
    "aadhaar_number": "499118665246",
    "annual_income": "200000",
    "purpose": "education",
}


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_sensitive_values_are_masked_in_the_confirmation(
    catalogue: Catalogue, language: str
) -> None:
    """Everything is read back, of the Aadhaar number only the last four digits."""
    service = catalogue.services["income_certificate"]
    text = display.confirmation(service, INCOME, {}, language, catalogue)
    assert "499118665246" not in text and "XXXXXXXX5246" in text
    assert "Ravi Kumar" in text and "₹2,00,000" in text
    purpose = next(s for s in service.slots if s.name == "purpose").type.choices[0]
    assert purpose.value == "education" and purpose.title[language] in text
    assert service.title[language] in text


def test_every_sensitive_slot_is_masked(catalogue: Catalogue) -> None:
    """In every service that asks for one."""
    seen = 0
    for service in catalogue.services.values():
        for slot in service.slots:
            if slot.type.sensitive:
                seen += 1
                values = {slot.name: "123456789012"}
                assert display.shown_values(service, values, "te", catalogue) == {
                    slot.name: "XXXXXXXX9012"
                }
    assert seen >= 4


@pytest.mark.parametrize(
    ("slot_type", "value", "language", "expected"),
    [
        ("future_date", "2026-11-26", "te", "26-11-2026"),
        ("amount", "150000", "hi", "1,50,000"),
        ("temple", "srisailam", "te", "శ్రీశైలం"),
        ("bus_station", "vijayawada", "en", "Vijayawada"),
        ("bus_station", "vijayawada", "hi", "विजयवाड़ा"),
        ("darshan_type", "free", "te", "ఉచిత దర్శనం"),
        ("mobile_number", "9848012345", "en", "9848012345"),
        ("temple", "gone_from_the_list", "en", "gone_from_the_list"),
    ],
)
def test_value_shown(
    catalogue: Catalogue, slot_type: str, value: str, language: str, expected: str
) -> None:
    """Dates day first, money grouped, places and choices by name."""
    found = display.shown(catalogue.slot_types[slot_type], value, language, catalogue)
    assert expected in found if slot_type == "temple" else found == expected


@pytest.mark.parametrize("kind", ["address", "place_text"])
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("te", "మీరు పంపిన లొకేషన్ (16.2400, 80.6400)"),
        ("hi", "आपकी भेजी लोकेशन (16.2400, 80.6400)"),
        ("en", "Location you sent (16.2400, 80.6400)"),
    ],
)
def test_pin_is_said_to_be_one(catalogue: Catalogue, kind: str, language: str, said: str) -> None:
    slot_type = catalogue.slot_types[kind]
    assert display.shown(slot_type, "16.240000,80.640000", language, catalogue) == said


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_amount_has_its_sign_once(catalogue: Catalogue, language: str) -> None:
    """In the service's own words as in a summary."""
    service = catalogue.services["temple_ehundi_offering"]
    values = {"temple_name": "srisailam", "amount": "1116"}
    said = display.confirmation(service, values, {}, language, catalogue)
    assert "₹1,116" in said and said.count("₹") == 1


def test_every_reply_and_confirmation_has_its_fields(catalogue: Catalogue) -> None:
    """No `{name}` may stay empty: each is a slot or a result field of the service's calls."""
    import string

    for service in catalogue.services.values():
        operations = catalogue.departments[service.department].operations
        known = {slot.name for slot in service.slots} | {"pay_until", "summary"}
        for name in (service.operation, service.lookup):
            known |= set(operations[name].result) if name else set()
        texts = [
            *service.replies.values(),
            *([service.confirm_text] if service.confirm_text else []),
        ]
        for words in texts:
            for text in words.values():
                fields = {f for _, f, _, _ in string.Formatter().parse(text) if f}
                assert fields <= known, f"{service.name}: {fields - known}"


def test_filled_leaves_unknown_fields_empty() -> None:
    """A department that leaves out a field must not break a reply."""
    assert filled({"en": "Rs {amount}, {other}."}, "en", {"amount": "5"}) == "Rs 5, ."


def test_filled_never_reads_a_value_as_a_template() -> None:
    """A citizen may write braces."""
    assert filled({"en": "{name}"}, "en", {"name": "{nonce} {0}"}) == "{nonce} {0}"


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_every_outcome_is_worded(catalogue: Catalogue, language: str) -> None:
    """Each outcome of each service's calls has a reply in each language."""
    for service in catalogue.services.values():
        operation = catalogue.operation_of(service)
        outcomes = {o.outcome for o in operation.outcomes} if operation else {"ok"}
        if service.lookup:
            operations = catalogue.departments[service.department].operations
            outcomes |= {o.outcome for o in operations[service.lookup].outcomes} - {"ok"}
        assert outcomes <= set(service.replies), service.name
        assert all(service.replies[o][language].strip() for o in outcomes)


async def test_document_is_sent_along(form: Form) -> None:
    """With the outcome's words."""
    document = Document("http://127.0.0.1/x.pdf", "certificate.pdf")
    department = Department(
        {"getBirthCertificate": [OperationResult("ok", {"certificate_number": "7"}, document)]}
    )
    state = State(language="en", service="birth_certificate", nonce="n")
    step = await perform.perform(form, state, heard("yes"), department.execute)
    after, [said] = step.state, step.replies
    assert said.document == document
    assert "7" in said.text and after.service is None


async def test_lookup_is_made_once(talk: Talk) -> None:
    """Asking the confirmation again does not ask the department again."""
    await talk.say("pay 6123401005678", key="en", intent="electricity_bill_payment", kind="route")
    await talk.say("hmm", key="en")
    assert [call[0] for call in talk.department.calls] == ["getBill"]


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_unavailable_names_the_department_and_offers_a_retry(
    form: Form, language: str
) -> None:
    """The draft stays."""
    catalogue = form.catalogue
    state = State(
        language=language,
        service="electricity_bill_view",
        values={"service_number": "6123401005678"},
        nonce="abc",
    )
    department = Department({"getBill": [OperationResult("unavailable")]})
    step = await perform.perform(form, state, heard("yes"), department.execute)
    after, [said] = step.state, step.replies
    assert catalogue.departments["energy"].title[language] in said.text
    assert [b.title for b in said.buttons] == [catalogue.phrases["retry_button"][language]]
    assert (after.service, after.values, after.nonce) == (state.service, state.values, "abc")


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize("reason", ["unsure", "overdue"])
async def test_what_may_have_arrived_is_told_and_not_offered_again(
    form: Form, language: str, reason: Reason
) -> None:
    """It could be done twice, or would not help: the citizen learns whom to ask."""
    catalogue = form.catalogue
    state = State(
        language=language,
        service="electricity_bill_payment",
        values={"service_number": "6123401005678"},
        nonce="abc",
    )
    department = Department({"payBill": [OperationResult("unavailable", reason=reason)]})
    step = await perform.perform(form, state, heard("yes"), department.execute)
    [said] = step.replies
    energy = catalogue.departments["energy"]
    assert energy.title[language] in said.text and (energy.helpline or "") in said.text
    assert said.text != form.say("unavailable_saved", state).text
    assert said.buttons == () and step.state.service is None
