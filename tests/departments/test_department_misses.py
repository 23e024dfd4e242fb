"""Guesses are limited for each citizen and department, and the limit tells nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.departments import DepartmentDirectory, OperationResult
from actions.departments.definition import DepartmentDefinition, MissLimits
from actions.departments.gate import Gate
from actions.departments.misses import DAY, HOUR, Misses
from actions.departments.standstill import StoodStill

from .fake_department import BILL, CITIZEN, problem
from .test_department_access import NEEDED, refusal

LIMITS = MissLimits(hour=3, day=5, all_hour=100)
OTHER = "109:919000000001"


class Clock:
    """Moves when it is told to."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture()
def clock() -> Clock:
    """A clock of the test's own."""
    return Clock()


@pytest.fixture()
def misses(tmp_path: Path, clock: Clock) -> Misses:
    """A file of its own."""
    return Misses(f"sqlite:///{tmp_path / 'misses.sqlite'}", clock)


def charged(misses: Misses, times: int, citizen: str = "a", request: str = "r") -> None:
    """So many misses at the energy department."""
    for _ in range(times):
        misses.charge("energy", citizen, request)


def test_waits_until_the_oldest_of_too_many_is_an_hour_old(misses: Misses, clock: Clock) -> None:
    charged(misses, 1)
    clock.now += 600
    charged(misses, 1)
    assert misses.until("energy", "a", LIMITS) is None
    charged(misses, 1)
    assert misses.until("energy", "a", LIMITS) == clock.now - 600 + HOUR
    clock.now += HOUR - 600
    assert misses.until("energy", "a", LIMITS) is None


def test_waits_a_day_after_too_many_in_a_day(misses: Misses, clock: Clock) -> None:
    start = clock.now
    for _ in range(5):
        charged(misses, 1)
        clock.now += 2 * HOUR
    assert misses.until("energy", "a", LIMITS) == start + DAY


@pytest.mark.parametrize(("department", "citizen"), [("energy", "b"), ("land", "a")])
def test_others_and_other_departments_are_not_held_up(
    misses: Misses, department: str, citizen: str
) -> None:
    charged(misses, 3)
    assert misses.until(department, citizen, LIMITS) is None


def test_while_all_miss_too_often_one_miss_is_one_too_many(misses: Misses, clock: Clock) -> None:
    crowd = MissLimits(hour=3, day=5, all_hour=4)
    charged(misses, 2)
    charged(misses, 1, citizen="b")
    assert misses.until("energy", "b", crowd) is None
    charged(misses, 1, citizen="c")
    assert misses.until("energy", "b", crowd) == clock.now + HOUR
    assert misses.until("energy", "who never missed", crowd) is None


def test_right_code_takes_back_what_its_request_was_charged(misses: Misses) -> None:
    charged(misses, 2, request="mine")
    charged(misses, 2, request="another")
    misses.take_back("energy", "a", "mine")
    assert misses.until("energy", "a", LIMITS) is None
    charged(misses, 1)
    assert misses.until("energy", "a", LIMITS) is not None


def test_misses_outlive_the_process(tmp_path: Path, clock: Clock) -> None:
    url = f"sqlite:///{tmp_path / 'misses.sqlite'}"
    one = Misses(url, clock)
    charged(one, 3)
    one.close()
    assert Misses(url, clock).until("energy", "a", LIMITS) is not None


def test_old_misses_are_purged(misses: Misses, clock: Clock) -> None:
    charged(misses, 2)
    clock.now += DAY
    charged(misses, 1)
    assert misses.purge() == 2


def test_file_names_nobody(misses: Misses, tmp_path: Path) -> None:
    misses.charge("energy", "+919876543210", "wamid.secret")
    misses.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"9876543210" not in kept
    assert b"wamid" not in kept


class Office:
    """The energy department behind a gate."""

    def __init__(self, definition: DepartmentDefinition, misses: Misses) -> None:
        self.answers: list[httpx.Response] = []
        self.calls = 0
        self.directory = DepartmentDirectory(
            {"energy": definition}, httpx.MockTransport(self._serve)
        )
        self.gate = Gate(self.directory, misses, self.directory.execute)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def ask(self, operation: str = "getBill", **call: Any) -> OperationResult:
        """One call of a citizen."""
        values: Mapping[str, str] = {
            "service_number": "6123401005678",
            "application_number": "SLR261100042",
            "location": "Tenali",
        }
        told = {"citizen": CITIZEN, "request_id": "r-1", "language": "en", **call}
        return await self.gate.execute("energy", operation, values, **told)


@pytest.fixture()
def office(energy: DepartmentDefinition, misses: Misses) -> Office:
    """With the limits of `defaults.yml`."""
    return Office(energy, misses)


@pytest.mark.asyncio()
@pytest.mark.parametrize("answer", [problem(404, "not_found"), NEEDED, refusal(401, "code_over")])
async def test_guesser_is_stopped_before_the_department_is_asked(
    office: Office, answer: httpx.Response
) -> None:
    office.answers = [answer]
    for _ in range(10):
        assert (await office.ask()).outcome != "missed_too_often"
    office.answers = [httpx.Response(200, json=BILL)]  # a record that is there tells no more
    stopped = await office.ask()
    assert (stopped.outcome, office.calls) == ("missed_too_often", 10)
    assert stopped.fields == {"at": "15-01-2027 2:30 PM"}


@pytest.mark.slow
@pytest.mark.asyncio()
@pytest.mark.parametrize("operation", ["getBill", "registerStreetLightLineFault"])
async def test_what_failed_while_we_stood_still_is_nobodys_answer(
    energy: DepartmentDefinition, misses: Misses, operation: str
) -> None:
    """An action server that had been stopped told its citizens, as it woke, that the department
    did not answer. The turn is taken again instead."""

    class Silent(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            await asyncio.sleep(60)
            yield b""

    office = Office(replace(energy, timeouts=replace(energy.timeouts, total=0.2)), misses)
    office.answers = [httpx.Response(200, stream=Silent())]
    under_way = asyncio.create_task(office.ask(operation))
    while not office.calls:
        await asyncio.sleep(0.01)
    time.sleep(1.3)
    with pytest.raises(StoodStill):
        await under_way


@pytest.mark.asyncio()
async def test_another_of_our_numbers_does_not_start_anew(office: Office) -> None:
    office.answers = [problem(404, "not_found")]
    for _ in range(10):
        await office.ask()
    assert (await office.ask(citizen="110:919876543210")).outcome == "missed_too_often"
    assert (await office.ask(citizen=OTHER)).outcome == "not_found"


@pytest.mark.asyncio()
async def test_public_reads_and_right_answers_are_not_counted(office: Office) -> None:
    office.answers = [problem(404, "not_found")]
    for _ in range(12):
        assert (await office.ask("getOutageSchedule")).outcome != "missed_too_often"
    office.answers = [httpx.Response(200, json=BILL)]
    for _ in range(12):
        assert (await office.ask()).outcome == "ok"


@pytest.mark.asyncio()
async def test_who_tells_the_right_codes_is_never_held_up(office: Office) -> None:
    for number in range(12):
        request = f"r-{number}"
        office.answers = [NEEDED]
        assert (await office.ask(request_id=request)).outcome == "code_needed"
        office.answers = [httpx.Response(200, json=BILL)]
        assert (await office.ask(request_id=request, code="482913")).outcome == "ok"


@pytest.mark.asyncio()
async def test_who_cannot_be_counted_is_not_let_through(
    office: Office, misses: Misses, tmp_path: Path
) -> None:
    office.answers = [httpx.Response(200, json=BILL)]
    misses.close()
    (tmp_path / "misses.sqlite").write_bytes(b"no database" * 100)
    for name in ("misses.sqlite-wal", "misses.sqlite-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    result = await office.ask()
    assert (result.outcome, result.reason, office.calls) == ("unavailable", "journal", 0)
