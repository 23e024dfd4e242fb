"""Answers that come later: polled for or called back, and brought to the citizen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from actions.departments import OperationResult
from actions.departments.callbacks import build_callbacks
from actions.departments.journal import Entry
from actions.departments.settlement import Settlement
from actions.departments.signature import signature_headers
from tests.served import served

from .permits.app import CALLBACK_KEY, call_back
from .permits.place import Place, directory

pytestmark = pytest.mark.asyncio


class Citizens:
    """Who was told what; `deaf` for so many messages that do not get through."""

    def __init__(self, deaf: int = 0) -> None:
        self.told: list[tuple[str, str, dict[str, str]]] = []
        self._deaf = deaf

    async def __call__(self, entry: Entry, result: OperationResult) -> None:
        """The seam of the dialogue."""
        if self._deaf > 0:
            self._deaf -= 1
            raise ConnectionError("WhatsApp is away")
        self.told.append((entry.write.context.citizen, result.outcome, result.fields))


class Later:
    """A clock ahead of the real one, so that tests need not wait."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        """Now."""
        return time.time() + self.ahead

    def pass_(self, seconds: float) -> None:
        """Time goes by."""
        self.ahead += seconds


def settling(place: Place, citizens: Citizens, clock: Later) -> Settlement:
    """The task as a process has it."""
    return Settlement(place.departments, citizens, clock)


DONE = ("919848012345", "done", {"number": "N-1", "area": "2.35"})


async def test_accepted_is_told_at_once_and_the_end_when_it_is_polled(place: Place) -> None:
    citizens, clock = Citizens(), Later()
    task = settling(place, citizens, clock)
    result = await place.ask("orderSurvey")
    assert (result.outcome, result.pending, result.available) == ("accepted", True, True)
    clock.pass_(1)
    await task.step()
    assert citizens.told == [], "the survey is still open"
    place.permits.finish("k-1")
    clock.pass_(1)
    await task.step()
    assert citizens.told == [DONE]
    clock.pass_(1000)
    assert await task.step() == 0, "told once, and never asked again"


async def test_what_was_told_is_the_answer_to_the_same_request(place: Place) -> None:
    clock = Later()
    await place.ask("orderSurvey")
    place.permits.finish("k-1", "refused")
    clock.pass_(1)
    await settling(place, Citizens(), clock).step()
    assert (await place.ask("orderSurvey")).outcome == "refused"


async def test_citizen_who_cannot_be_reached_is_told_later(place: Place) -> None:
    citizens, clock = Citizens(deaf=2), Later()
    task = settling(place, citizens, clock)
    await place.ask("orderSurvey")
    place.permits.finish("k-1")
    for _ in range(4):
        clock.pass_(5)
        await task.step()
    assert citizens.told == [DONE]


async def test_restart_goes_on_waiting(place: Place) -> None:
    citizens, clock = Citizens(), Later()
    await place.ask("orderSurvey")
    place.permits.finish("k-1")
    clock.pass_(1)
    await settling(place.restarted(), citizens, clock).step()
    assert citizens.told == [DONE]


async def test_two_processes_tell_once(place: Place) -> None:
    citizens, clock = Citizens(), Later()
    await place.ask("orderSurvey")
    place.permits.finish("k-1")
    clock.pass_(1)
    first, second = settling(place, citizens, clock), settling(place.restarted(), citizens, clock)
    await asyncio.gather(first.step(), second.step())
    assert citizens.told == [DONE]


async def test_waiting_is_given_up_and_said(place: Place) -> None:
    citizens, clock = Citizens(), Later()
    task = settling(place, citizens, clock)
    await place.ask("orderSurvey")
    clock.pass_(61)
    await task.step()
    assert citizens.told == [("919848012345", "unavailable", {})]
    entry = place.entry()
    assert entry is not None and entry.result is not None and entry.result.reason == "overdue"


@pytest.mark.parametrize("operation", ["applyPermit", "orderSurvey"])
async def test_write_without_an_answer_is_settled_when_the_department_is_back(
    place: Place, operation: str
) -> None:
    """The citizen was told "not available"; now they hear that it was done."""
    citizens, clock = Citizens(), Later()
    task = settling(place, citizens, clock)
    place.fault("timeout_after_commit", delay_s=3)
    assert (await place.ask(operation)).outcome == "unavailable"
    place.fault("none")
    if operation == "orderSurvey":
        place.permits.finish("k-1")
    clock.pass_(10)
    await task.step()
    assert [(outcome, fields["number"]) for _, outcome, fields in citizens.told] == [
        ("done" if operation == "orderSurvey" else "ok", "N-1")
    ]
    assert len(place.permits.done) == 1


async def test_write_that_never_arrived_is_not_sent_behind_the_citizens_back(
    place: Place,
) -> None:
    citizens, clock = Citizens(), Later()
    place.fault("down")
    await place.ask("applyPermit")
    place.fault("none")
    clock.pass_(10)
    await settling(place, citizens, clock).step()
    assert (citizens.told, place.permits.done) == ([], [])
    assert place.entry().state == "unsent"  # type: ignore[union-attr]
    assert (await place.ask("applyPermit")).outcome == "ok"


@pytest.fixture
def reached(place: Place) -> Iterator[str]:
    """Our callback route over HTTP, in a process's place of its own: only the journal is shared."""
    with served(build_callbacks(directory(place.folder, place.url))) as url:
        yield url


def body(key: str = "k-1", state: str = "done") -> dict[str, Any]:
    """What the department sends."""
    return {"number": "N-1", "reference": key, "state": state, "area": "2.35"}


async def test_callback_ends_the_waiting(place: Place, reached: str) -> None:
    citizens, clock = Citizens(), Later()
    await place.ask("orderSurvey")
    (answer,) = await call_back(reached, body())
    assert (answer.status_code, answer.content) == (204, b"")
    await settling(place, citizens, clock).step()
    assert citizens.told == [DONE]
    assert place.permits.asked == [], "nobody polled"


async def test_callback_sent_twice_is_told_once(place: Place, reached: str) -> None:
    citizens, clock = Citizens(), Later()
    task = settling(place, citizens, clock)
    await place.ask("orderSurvey")
    for _ in range(2):  # signed anew: the department has not seen our answer
        assert [a.status_code for a in await call_back(reached, body())] == [204]
        await task.step()
    assert citizens.told == [DONE]


async def test_replayed_callback_is_refused(place: Place, reached: str) -> None:
    await place.ask("orderSurvey")
    first, again = await call_back(reached, body(state="open"), times=2)
    assert (first.status_code, again.status_code) == (204, 409)
    assert again.json()["code"] == "replay"


async def test_callback_faster_than_the_answer_wins(place: Place, reached: str) -> None:
    place.fault("slow", delay_s=1.5)
    asked = asyncio.create_task(place.ask("orderSurvey"))
    while place.entry() is None:
        await asyncio.sleep(0.01)
    await call_back(reached, body())
    result = await asked
    assert (result.outcome, result.pending) == ("done", False)
    citizens = Citizens()
    await settling(place, citizens, Later()).step()
    assert citizens.told == [], "the answer itself told it"


OTHER = replace(CALLBACK_KEY, secret="guessed")
STRANGER = replace(CALLBACK_KEY, key_id="police")
DAY = 86_400
"""Seconds. Far past the tolerance: one second past it is within it again once a slow server reads
the callback."""
REFUSED = [
    ("wrong key", body(), {"key": OTHER}, 401, "signature"),
    ("unknown key", body(), {"key": STRANGER}, 401, "key"),
    ("old", body(), {"clock": lambda: time.time() - 301}, 401, "timestamp"),
    ("from tomorrow", body(), {"clock": lambda: time.time() + DAY}, 401, "timestamp"),
    ("unknown reference", body("k-9"), {}, 404, "unknown_reference"),
    ("no reference", {"state": "done"}, {}, 404, "unknown_reference"),
    ("odd reference", {**body(), "reference": {"a": 1}}, {}, 404, "unknown_reference"),
    ("wrong form", {**body(), "state": "lost"}, {}, 400, "malformed"),
    ("list", [1], {}, 404, "unknown_reference"),
    ("too long", {**body(), "area": "x" * 1_100_000}, {}, 413, "too_long"),
    ("other department", body(), {"path": "/callbacks/police"}, 404, "unknown_department"),
]


@pytest.mark.parametrize(
    ("name", "sent", "how", "status", "code"), REFUSED, ids=[row[0] for row in REFUSED]
)
async def test_callback_that_is_not_believed_changes_nothing(
    place: Place, reached: str, name: str, sent: Any, how: Any, status: int, code: str
) -> None:
    await place.ask("orderSurvey")
    before = place.entry()
    (answer,) = await call_back(reached, sent, **how)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert place.entry() == before


async def test_callback_without_a_signature_is_refused(place: Place, reached: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{reached}/callbacks/permits", json=body())
        other = await client.get(f"{reached}/callbacks/permits")
    assert (answer.status_code, answer.json()["code"]) == (401, "unsigned")
    assert other.status_code == 405


async def test_callback_that_is_no_json_is_malformed(place: Place, reached: str) -> None:
    headers = signature_headers(CALLBACK_KEY, "POST", "/callbacks/permits", "", b"{")
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{reached}/callbacks/permits", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_callback_for_a_write_of_another_kind_is_refused(place: Place, reached: str) -> None:
    await place.ask("payFee", key="k-2")
    (answer,) = await call_back(reached, body("k-2"))
    assert answer.json()["code"] == "unknown_reference"
