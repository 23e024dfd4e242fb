"""Every number that the sandbox gives has a kind; each service of its kind finds it again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from actions.dialogue.memory import record_slot
from nlu.catalogue import NumberKind
from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_sandbox_counters import CASES, CATALOGUE, OWNER, values_of
from tests.sandbox.test_sandbox_operations import CASES as CODED

NUMBER_FIELDS = re.compile(r"(?:application|complaint|ticket|booking|grievance)_number|.*_id")
NOT_NUMBERS = ("order_id",)
"""Of a payment: citizens read it on the receipt, no service takes it."""
PAID_FIRST = {"temple_ticket_download", "temple_ticket_cancellation", "rtc_journey_reminder"}
"""Services about what is paid for: a booking is none of theirs before."""
NOT_THIS_ONE = {
    "certificate_download": "not_ready",
    "electricity_new_connection_delay": "too_early",
    "grievance_reopen": "not_closed",
    "grievance_feedback": "not_closed",
}
"""Services that know a new number, and say why they cannot do anything with it yet."""
GRIEVANCE = {
    "grievance_text": "no water in our lane for a week",
    "office": "municipal",
    "location": "Gandhi Nagar, Tenali",
    "district": "guntur",
    "secretariat": "",
}


def givers() -> list[tuple[str, dict[str, str]]]:
    """Each write of the departments with values that come to `ok`, and what to do before it."""
    found: dict[str, dict[str, str]] = {"registerGrievance": GRIEVANCE}
    for case in CASES:
        if case["outcome"] == "ok" and not case.get("before"):
            found.setdefault(case["operation"], values_of(case))
    for coded in CODED:
        if coded.outcome == "ok":
            found.setdefault(coded.operation, dict(coded.values))
    writes = {
        name
        for department in CATALOGUE.departments.values()
        for name, operation in department.operations.items()
        if operation.kind == "write"
        and any(map(_is_number, operation.result))
        and name != "reopenGrievance"  # gives the number that it was told
    }
    missing = writes - found.keys()
    assert not missing, f"no case shows what these give: {sorted(missing)}"
    return [(name, found[name]) for name in sorted(writes)]


def _is_number(field: str) -> bool:
    return bool(NUMBER_FIELDS.fullmatch(field)) and field not in NOT_NUMBERS


def kinds_of(department: str, number: str) -> list[NumberKind]:
    kinds = CATALOGUE.departments[department].numbers
    return [kind for kind in kinds if re.fullmatch(kind.pattern, number)]


@pytest.mark.parametrize(("operation", "values"), givers(), ids=lambda one: str(one)[:40])
def test_number_that_was_given_is_found_again(
    sandbox: Sandbox, operation: str, values: dict[str, Any]
) -> None:
    result = sandbox.execute(OWNER[operation], operation, values)
    assert result.outcome == "ok", result
    given = [result.fields[name] for name in result.fields if _is_number(name)]
    for number in given:
        [kind] = kinds_of(OWNER[operation], number)
        for name in kind.services.values():
            service = CATALOGUE.services[name]
            if name in PAID_FIRST:
                continue
            slot = record_slot(service)
            assert slot is not None
            about = {**_others(name, values), slot.name: number}
            wanted = CATALOGUE.operation_of(service)
            assert wanted is not None
            found = sandbox.execute(service.department, wanted.name, about)
            assert found.outcome not in ("not_found", "unavailable"), (name, number, found)
            assert found.outcome in {o.outcome for o in wanted.outcomes}
            if name in NOT_THIS_ONE:
                assert found.outcome == NOT_THIS_ONE[name], (name, found)


def _others(service: str, values: dict[str, Any]) -> dict[str, str]:
    """Values for what else a service asks: of the request itself, else anything that fits."""
    fitting = {
        "mobile_number": values.get("mobile_number", "9848012345"),
        "ulb_name": values.get("ulb_name", "vijayawada"),
        "reason": "not done",
        "transaction_id": "632912345678",
        "grievance_text": "nobody came",
    }
    slots = CATALOGUE.services[service].slots
    chosen = {s.name: s.type.choices[0].value for s in slots if s.type.choices}
    return {**chosen, **{s.name: fitting[s.name] for s in slots if s.name in fitting}}


@pytest.mark.parametrize(
    "number",
    ["BCVJA2019004512", "DCVJA2026000321", "IC0226112093"],
)
def test_certificate_that_was_issued_is_real(sandbox: Sandbox, number: str) -> None:
    """A paper of a municipality is checked at the same counter as one of the tahsildar."""
    found = sandbox.execute("revenue", "getCertificateVerification", {"certificate_number": number})
    assert found.outcome == "ok", found
    assert found.fields["holder_name"] and found.fields["certificate_name"]


OWN = {
    "listOwnConnections": ("energy", "6123401005678"),
    "listOwnAssessments": ("municipal", "1020304050"),
    "listOwnTaps": ("municipal", "1012004567"),
    "listOwnApplications": ("revenue", "INC2026001234"),
}


@pytest.mark.parametrize("operation", OWN)
def test_own_numbers_are_listed_and_no_others(sandbox: Sandbox, operation: str) -> None:
    """By the number that WhatsApp verified: for who has not got the paper at hand."""
    department, number = OWN[operation]
    mine = sandbox.execute(department, operation, {}).fields
    assert number in mine["values"].split("\n")
    assert len(mine["values"].split("\n")) == len(mine["abouts"].split("\n"))
    stranger = sandbox.execute(department, operation, {}, citizen="109876543210987:919000000001")
    assert stranger.outcome == "ok" and stranger.fields["values"] == ""
