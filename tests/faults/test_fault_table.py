"""Each kind of operation under each fault: a true answer in time, no write twice, nothing lost.

What is true is what the department's own books say. Each case ends with the department working
again and the citizen asking once more, as the retry button does; then the settling task has run.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import get_args

import pytest

from actions.departments import OperationResult
from actions.departments.journal import Entry
from actions.departments.settlement import Settlement
from actions.sandbox.faults import Mode

from .permits.place import Place

pytestmark = pytest.mark.asyncio
SLACK = 5.0  # seconds on top of the total time that a busy machine may take


@dataclass(frozen=True)
class Kind:
    """A kind of operation: the outcome when all is well."""

    operation: str
    outcome: str
    asked: bool = False
    """It has a status query."""
    keyed: bool = True
    """The department does not do the same key twice."""

    @property
    def write(self) -> bool:
        """Whether it changes something."""
        return self.operation != "getFee"


KINDS = [
    Kind("getFee", "ok"),
    Kind("payFee", "ok"),
    Kind("applyPermit", "ok", asked=True),
    Kind("renewPermit", "ok", asked=True),
    Kind("fileObjection", "ok", asked=True, keyed=False),
    Kind("sendNotice", "ok", keyed=False),
    Kind("orderSurvey", "accepted", asked=True),
]
DELAYS = {"slow": 0.2, "late": 3.8, "timeout_after_commit": 3.8, "maintenance": 60.0}
DONE_FIRST = {"timeout_after_commit", "lost"}  # the work is done before the answer is lost
HARMLESS = {"none", "slow", "duplicate"}  # the answer comes all the same


def expected(kind: Kind, mode: Mode, times: int | None) -> tuple[str, str | None]:
    """Outcome and reason of the first try."""
    if mode in HARMLESS:
        return kind.outcome, None
    why = {
        "late": "timeout",
        "timeout_after_commit": "timeout",
        "lost": "connect",
        # The bad answer has status 200, which two of the operations know.
        "wrong": "schema" if kind.operation in ("getFee", "orderSurvey") else "status",
    }.get(mode, "status")
    if not kind.write:  # tried again, but for what the department says will last
        recovers = times == 1 and mode not in ("error", "wrong", "maintenance")
        return ("ok", None) if recovers else ("unavailable", why)
    if not kind.asked:
        return "unavailable", "unsure" if not kind.keyed else why
    if times is None or (not kind.keyed and mode not in DONE_FIRST):
        return "unavailable", why  # where keys are not honoured, a "no" does not count yet
    return kind.outcome, None  # asked after: found, or not found and sent again


@pytest.mark.parametrize("times", [1, None], ids=["once", "lasting"])
@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.operation)
async def test_answer_is_true_and_in_time_and_nothing_is_done_twice(
    place: Place, kind: Kind, mode: Mode, times: int | None
) -> None:
    place.fault(mode, DELAYS.get(mode), times)
    started = time.monotonic()
    first = await place.ask(kind.operation)
    total = place.departments.connector("permits").department.timeouts.total
    assert time.monotonic() - started < total + SLACK
    assert (first.outcome, first.reason) == expected(kind, mode, times)
    if kind.write:
        _books_agree(place, mode, first)

    place.fault("none")
    again = await place.ask(kind.operation)
    if first.available:
        assert (again.outcome, again.fields) == (first.outcome, first.fields)
    if not kind.write:
        assert again.outcome == "ok"
        return
    await asyncio.sleep(DELAYS["late"] if mode == "late" else 0)
    told: list[str] = []

    async def tell(entry: Entry, result: OperationResult) -> None:
        told.append(result.fields["number"])

    await Settlement(place.departments, tell, lambda: time.time() + 10).step()
    last = await place.ask(kind.operation)
    numbers = [done.number for done in place.permits.done]
    assert not [number for number in told if number not in numbers]
    if kind.asked or kind.keyed or first.available:
        assert last.outcome == kind.outcome, "nothing is lost"
        assert last.fields["number"] in numbers
        doubled = mode == "duplicate" and not kind.keyed  # by the department itself, not by us
        assert len(numbers) == (2 if doubled else 1)
    else:  # nobody can be asked, so nobody sends it again, and nobody says that it failed
        assert (last.outcome, last.reason) == ("unavailable", "unsure")
        assert place.permits.posts == [("/notices", "k-1")]


def _books_agree(place: Place, mode: Mode, first: OperationResult) -> None:
    """A yes is in the books, and a number is only told with a yes."""
    numbers = {d.number for d in place.permits.done}
    if first.available:
        assert first.fields["number"] in numbers
    else:
        assert first.fields == {}
        assert place.permits.posts, "unavailable means that it was tried"
        assert bool(numbers) == (mode in DONE_FIRST) or mode == "late"
