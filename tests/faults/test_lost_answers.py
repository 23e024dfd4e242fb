"""Writes whose answer is lost: asked after before anything is sent again, and never done twice."""

from __future__ import annotations

import pytest

from actions.departments.journal_tables import WRITES

from .permits.place import Place, directory

pytestmark = pytest.mark.asyncio


async def test_write_that_works_is_sent_once_and_kept(place: Place) -> None:
    result = await place.ask("applyPermit")
    assert (result.outcome, result.fields, result.attempts) == ("ok", {"number": "N-1"}, 1)
    entry = place.entry()
    assert entry is not None and (entry.state, entry.due_at) == ("settled", None)
    assert place.permits.asked == []


@pytest.mark.parametrize(
    "operation", ["applyPermit", "renewPermit", "fileObjection", "orderSurvey"]
)
@pytest.mark.parametrize("mode", ["timeout_after_commit", "lost"])
async def test_found_write_is_the_answer_and_is_not_sent_again(
    place: Place, operation: str, mode: str
) -> None:
    place.fault(mode, times=1)  # type: ignore[arg-type]
    result = await place.ask(operation)
    assert result.outcome == ("accepted" if operation == "orderSurvey" else "ok")
    assert result.fields["number"] == "N-1"
    assert len(place.permits.posts) == 1


@pytest.mark.parametrize("mode", ["down", "error", "maintenance", "wrong"])
async def test_write_that_is_not_found_is_sent_again_with_the_same_key(
    place: Place, mode: str
) -> None:
    place.fault(mode, times=1)  # type: ignore[arg-type]
    result = await place.ask("applyPermit")
    assert (result.outcome, result.attempts) == ("ok", 2)
    assert place.permits.posts == [("/permits", "k-1")] * 2
    assert len(place.permits.done) == 1


async def test_not_found_counts_only_when_the_first_try_can_no_longer_arrive(
    place: Place,
) -> None:
    changes = {"not_found_after: 4.5": "not_found_after: 1.5"}
    here = Place(
        place.permits, place.url, place.folder, directory(place.folder, place.url, **changes)
    )
    place.fault("late", delay_s=1.1, times=1)  # done after our time-out, before it counts
    result = await here.ask("fileObjection")
    assert (result.outcome, result.fields) == ("ok", {"number": "N-1"})
    assert len(place.permits.posts) == 1


async def test_write_that_cannot_be_asked_after_yet_stays_unavailable(place: Place) -> None:
    place.fault("error")
    result = await place.ask("applyPermit")
    assert (result.outcome, result.reason) == ("unavailable", "status")
    assert place.entry().state == "unsure"  # type: ignore[union-attr]
    place.fault("none")
    again = await place.ask("applyPermit")
    assert again.outcome == "ok"
    assert len(place.permits.done) == 1


async def test_keyed_write_without_a_query_waits_for_the_citizen_to_ask_again(
    place: Place,
) -> None:
    place.fault("lost", times=1)
    first = await place.ask("payFee")
    assert (first.outcome, first.reason, first.attempts) == ("unavailable", "connect", 1)
    again = await place.ask("payFee")
    assert (again.outcome, again.fields) == ("ok", {"number": "N-1"})
    assert len(place.permits.done) == 1


@pytest.mark.parametrize("mode", ["timeout_after_commit", "lost", "error", "down", "wrong"])
async def test_write_that_nobody_can_be_asked_about_is_never_sent_again(
    place: Place, mode: str
) -> None:
    place.fault(mode, times=1)  # type: ignore[arg-type]
    results = [await place.ask("sendNotice") for _ in range(3)]
    assert {(r.outcome, r.reason) for r in results} == {("unavailable", "unsure")}
    assert place.permits.posts == [("/notices", "k-1")]


async def test_write_that_never_left_may_be_sent_even_without_key_and_query(
    place: Place,
) -> None:
    nowhere = "http://127.0.0.1:9"
    closed = Place(place.permits, nowhere, place.folder, directory(place.folder, nowhere))
    first = await closed.ask("sendNotice")
    assert (first.outcome, first.reason) == ("unavailable", "connect")
    assert (await place.ask("sendNotice")).outcome == "ok"
    assert len(place.permits.done) == 1


async def test_values_may_change_while_nothing_has_arrived(place: Place) -> None:
    nowhere = "http://127.0.0.1:9"
    closed = Place(place.permits, nowhere, place.folder, directory(place.folder, nowhere))
    await closed.ask("sendNotice", plot="12/3")
    assert (await place.ask("sendNotice", plot="12/4")).outcome == "ok"
    assert [done.plot for done in place.permits.done] == ["12/4"]


@pytest.mark.parametrize("operation", ["payFee", "sendNotice", "applyPermit", "orderSurvey"])
async def test_same_request_gets_the_same_answer_without_a_call(
    place: Place, operation: str
) -> None:
    first = await place.ask(operation)
    again = await place.restarted().ask(operation)
    assert (again.outcome, again.fields, again.pending) == (
        first.outcome,
        first.fields,
        first.pending,
    )
    assert again.attempts == 0
    assert len(place.permits.posts) == 1


async def test_key_of_another_request_is_refused(place: Place) -> None:
    await place.ask("payFee", plot="1")
    result = await place.ask("payFee", plot="2")
    assert (result.outcome, result.reason) == ("unavailable", "request")
    assert len(place.permits.posts) == 1


async def test_nothing_is_sent_while_the_journal_cannot_be_written(place: Place) -> None:
    WRITES.drop(place.departments.journal._engine)
    result = await place.ask("payFee")
    assert (result.outcome, result.reason) == ("unavailable", "journal")
    assert place.permits.posts == []


async def test_doubt_stays_when_a_later_try_never_leaves(place: Place) -> None:
    """Else a cancelled request was said not to have been sent, and its key went to other values."""
    place.fault("lost", times=1)
    first = await place.ask("payFee")
    nowhere = "http://127.0.0.1:9"
    closed = Place(place.permits, nowhere, place.folder, directory(place.folder, nowhere))
    second = await closed.ask("payFee")
    assert first.in_doubt and second.in_doubt
    entry = place.entry()
    assert entry is not None and entry.state == "unsure"
