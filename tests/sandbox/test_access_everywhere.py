"""A stranger gets nothing of another's record: every operation of every department."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from actions.departments.openapi import load_openapi
from actions.sandbox.store import DEPARTMENTS
from tests.processes import ROOT
from tests.sandbox.access_town import CATALOGUE, DEPARTMENT, LAKSHMI, OTHER, STRANGER, Town
from tests.sandbox.test_sandbox_counters import CASES as WRITTEN
from tests.sandbox.test_sandbox_counters import values_of
from tests.sandbox.test_sandbox_operations import CASES as CODED

MADE = {
    *("getWrite", "getPayment", "bookPayment", "getGrievanceByReference"),
    *("listGrievances", "listClosedGrievances"),
}
"""Operations about what was made through the sandbox: test_access.py."""
GRIEVANCE = {"grievance_number": "PGRS261000006"}
KNOWN: dict[str, Mapping[str, str]] = {
    "getGrievance": GRIEVANCE,
    "reopenGrievance": {**GRIEVANCE, "reason": "the motor burnt again"},
    "rateGrievance": {**GRIEVANCE, "rating": "good"},
}
"""Values that name somebody's record, by operation."""
UNKNOWN: dict[str, Mapping[str, str]] = {
    name: {**values, "grievance_number": "PGRS261099999"} for name, values in KNOWN.items()
}
GUARDED = {
    name: operation.access
    for department in CATALOGUE.departments.values()
    for name, operation in department.operations.items()
    if operation.access != "public"
}
for _case in WRITTEN:
    if "before" not in _case:
        _kept = UNKNOWN if _case["outcome"] == "not_found" else KNOWN
        _kept.setdefault(_case["operation"], values_of(_case))
for _coded in CODED:
    if _coded.before is None:
        _kept = UNKNOWN if _coded.outcome == "not_found" else KNOWN
        _kept.setdefault(_coded.operation, _coded.values)
OPERATIONS = sorted(set(GUARDED) - MADE)
OWN_LISTS = [name for name in OPERATIONS if name.startswith("listOwn")]
"""What a number is on record for: others have a list of their own, which may be empty."""
OWNED = [name for name in OPERATIONS if GUARDED[name] == "owner" and name not in OWN_LISTS]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    yield Town(tmp_path_factory.mktemp("town"))


@pytest.mark.parametrize("operation", OWN_LISTS)
def test_own_list_is_empty_for_a_stranger(town: Town, operation: str) -> None:
    assert town.ask(operation, {}, STRANGER).fields["values"] == ""
    assert town.ask(operation, {}, LAKSHMI).fields["values"] != ""


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - set(OWN_LISTS)))
def test_stranger_gets_nothing(town: Town, operation: str) -> None:
    town.clock.now += 3600  # codes of the tests before are no reason to refuse
    department = DEPARTMENT[operation]
    before = len(town.get(f"/__writes/{department}"))
    result = town.ask(operation, KNOWN[operation], STRANGER)
    wanted = {"owner": {"not_found"}, "code": {"code_needed", "no_number"}}[GUARDED[operation]]
    assert result.outcome in wanted
    assert set(result.fields) <= {"sent_to"} and result.document is None
    assert len(town.get(f"/__writes/{department}")) == before


@pytest.mark.parametrize("operation", OWNED)
def test_foreign_record_is_answered_like_one_that_is_not_there(town: Town, operation: str) -> None:
    headers = {"X-Citizen-Phone": STRANGER}
    foreign = town.raw(operation, KNOWN[operation], headers)
    unknown = town.raw(operation, UNKNOWN[operation], headers)
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert foreign.headers == unknown.headers
    assert town.sms() == [] or GUARDED[operation] == "owner", "no SMS for a guess"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_call_that_says_of_no_sender_is_refused(town: Town, operation: str) -> None:
    for headers in ({}, {"X-Citizen-Phone": "98"}, {"X-Citizen-Phone": "' OR 1=1"}):
        refused = town.raw(operation, KNOWN[operation], headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "no_sender")


def test_sender_counts_only_with_the_departments_key(town: Town) -> None:
    headers = {"X-Api-Key": "wrong", "X-Citizen-Phone": LAKSHMI}
    refused = town.raw("getBill", KNOWN["getBill"], headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorised")


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_openapi_file_says_who_asks(department: str) -> None:
    api = load_openapi(ROOT / "data/departments/openapi" / f"{department}.yml")
    for name, operation in CATALOGUE.departments[department].operations.items():
        found = {p.name: p.required for p in api[name].parameters if p.name.startswith("X-")}
        wanted: dict[str, bool] = {}
        if operation.access != "public" or operation.kind == "write":
            wanted["X-Citizen-Phone"] = operation.access != "public"
        if operation.access == "code":
            wanted["X-Citizen-Code"] = False
        assert found == wanted, name
        refusals = {s for s in ("401", "403") if s in api[name].responses}
        assert refusals == {"owner": {"401"}, "code": {"401", "403"}}.get(operation.access, set())


def test_every_service_says_who_asks_or_tells_nothing_of_anybody() -> None:
    """What 55 services did not send: the sender's number goes along with all but public reads."""
    silent = []
    for service in CATALOGUE.services.values():
        operations = CATALOGUE.departments[service.department].operations
        for call in (service.operation, service.lookup):
            operation = operations.get(call or "")
            if operation is None or operation.kind == "write" or operation.access != "public":
                continue
            personal = {"owner_name", "consumer_name", "holder_name", "cultivator_name", "amount"}
            if personal & set(operation.result) and operation.name not in _PRICES:
                silent.append((service.name, operation.name))
    assert silent == []


_PRICES = {"getDarshanSlots", "getSevaSlots", "getPropertyTaxEstimate"}
"""What `amount` is a fee for everybody."""


def test_household_is_on_record_with_its_number(town: Town) -> None:
    bill = KNOWN["getBill"]
    for phone in (LAKSHMI, "+919000054321", "+919885067890"):
        assert town.ask("getBill", bill, phone).outcome == "ok"
    assert town.ask("getBill", bill, OTHER).outcome == "code_needed"
