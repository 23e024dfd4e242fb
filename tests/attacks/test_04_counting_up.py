"""Finding 4: a stranger read others' records by counting up, and changed them by their number."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.access_town import LAKSHMI, STRANGER, Town

BILL = {"service_number": "6123401005678"}


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.mark.parametrize(
    ("operation", "slot", "prefix", "first", "digits"),
    [
        ("getCertificateDocument", "application_number", "INC2026", 14475, 6),
        ("getCertificateApplicationStatus", "application_number", "INC2026", 1228, 6),
        ("getGrievance", "grievance_number", "PGRS2610", 1, 5),
        ("getElectricityComplaintStatus", "complaint_number", "SUP2611", 36, 4),
        ("getApplication", "application_number", "CMRF2026", 995, 6),
        ("trackBus", "ticket_number", "RTC2611", 0, 4),
    ],
)
def test_counting_up_finds_nothing_and_disturbs_nobody(
    town: Town, operation: str, slot: str, prefix: str, first: int, digits: int
) -> None:
    numbers = [f"{prefix}{first + n:0{digits}}" for n in range(14)]
    told = [town.ask(operation, {slot: number}, STRANGER) for number in numbers]
    assert {result.outcome for result in told} == {"not_found"}
    assert not any(result.fields or result.document for result in told)
    assert town.get("/__sms") == []
    owned = [town.ask(operation, {slot: number}, LAKSHMI).outcome for number in numbers]
    assert set(owned) != {"not_found"}, "there is something to be found"


def test_neither_bill_nor_name_of_another(town: Town) -> None:
    assert town.ask("getBill", BILL, STRANGER).fields == {"sent_to": "2345"}


def test_another_consumers_mobile_number_is_not_replaced(town: Town) -> None:
    wanted = {**BILL, "mobile_number": STRANGER[3:]}
    assert town.ask("registerServiceMobile", wanted, STRANGER).outcome == "code_needed"
    assert town.get("/__writes/energy") == []


def test_naming_the_owner_in_the_request_helps_nothing(town: Town) -> None:
    headers = {"X-Citizen-Phone": STRANGER, "X-Citizen": LAKSHMI, "Forwarded": f"for={LAKSHMI}"}
    assert town.raw("getBill", BILL, headers).status_code == 401
