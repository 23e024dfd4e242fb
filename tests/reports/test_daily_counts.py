"""Counts of the days: added up in memory, added to one table by many, and nothing of a citizen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nlu.daily_counts import FILE, DailyCounts, Key, Tally, day_number, day_of

INDIA = ZoneInfo("Asia/Kolkata")
DAY = day_number(date(2026, 11, 30))
FIVE_KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")


@pytest.fixture()
def counts(tmp_path: Path, url_of: Callable[[Path], str]) -> DailyCounts:
    return DailyCounts(url_of(tmp_path / FILE))


def at(hour: int, minute: int = 0) -> Callable[[], float]:
    moment = datetime(2026, 11, 30, hour, minute, tzinfo=ZoneInfo("UTC")).timestamp()
    return lambda: moment


def test_sums_are_added_by_key_and_told_by_what_is_asked(counts: DailyCounts) -> None:
    bill = [Key("done", DAY, "energy", "electricity_bill_view", key, "guntur") for key in FIVE_KEYS]
    counts.add({key: (number, 10 * number) for number, key in enumerate(bill, 1)})
    counts.add({bill[0]: (5, 7), Key("done", DAY - 1, "ttd", "room"): (2, 0)})
    assert counts.sums("done", (DAY, DAY), ["language"]) == {
        ("te",): (6, 17),
        **{(key,): (number, 10 * number) for number, key in enumerate(FIVE_KEYS[1:], 2)},
    }
    assert counts.sums("done", (DAY - 1, DAY), []) == {(): (22, 157)}
    assert counts.sums("done", (DAY - 1, DAY), ["day", "department"]) == {
        (DAY, "energy"): (20, 157),
        (DAY - 1, "ttd"): (2, 0),
    }
    assert counts.sums("done", (DAY - 1, DAY), [], department="ttd") == {(): (2, 0)}
    assert counts.sums("begun", (DAY, DAY), ["service"]) == {}


def test_turns_of_models_are_added_apart(counts: DailyCounts) -> None:
    tally = Tally(lambda: counts, INDIA, at(19, 30))
    for key in FIVE_KEYS:
        for model, times in (("m-1", 3), ("m-2", 1)):
            for _ in range(times):
                tally.count_model("turns", model, key, "route")
    tally.count("messages", language="te")
    tally.flush()
    tally.count_model("turns", "m-1", "te", "route")
    tally.count_model("turns", "", "te", "route")  # nobody knows which
    tally.flush()
    day = (DAY + 1, DAY + 1)
    both = counts.of_models(["m-1", "m-2"], day)
    assert both == {
        **{("m-1", "turns", key, "route"): 3 for key in FIVE_KEYS},
        **{("m-2", "turns", key, "route"): 1 for key in FIVE_KEYS},
        ("m-1", "turns", "te", "route"): 4,
    }
    assert counts.of_models(["m-2"], (DAY, DAY)) == {} and counts.of_models([], day) == {}
    assert counts.sums("messages", day, []) == {(): (1, 0)}
    assert counts.forget(DAY + 2) == 11
    assert counts.of_models(["m-1"], day) == {}


def test_a_day_is_that_of_the_citizens_clock(counts: DailyCounts) -> None:
    """19:30 in Greenwich is one o'clock of the next day in India."""
    tally = Tally(lambda: counts, INDIA, at(19, 30))
    tally.count("messages", language="te")
    tally.flush()
    assert counts.sums("messages", (DAY, DAY + 1), ["day"]) == {(DAY + 1,): (1, 0)}
    assert day_of(DAY + 1) == date(2026, 12, 1)


def test_threads_count_at_once_and_nothing_is_lost(counts: DailyCounts) -> None:
    """Two processes' tallies, four threads each, that add in between: every count is there once."""
    tallies = [Tally(lambda: counts, INDIA, at(10)) for _ in range(2)]

    def work(tally: Tally, key: str) -> None:
        for number in range(200):
            tally.count("messages", language=key, seconds=1)
            if number % 50 == 0:
                tally.flush()

    threads = [
        threading.Thread(target=work, args=(tally, key)) for tally in tallies for key in FIVE_KEYS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for tally in tallies:
        tally.flush()
    told = counts.sums("messages", (DAY, DAY), ["language"])
    assert told == {(key,): (400, 400) for key in FIVE_KEYS}


def test_what_cannot_be_added_is_added_later(counts: DailyCounts) -> None:
    broken = [True]

    def opened() -> DailyCounts:
        if broken:
            raise ConnectionError("away")
        return counts

    tally = Tally(opened, INDIA, at(10))
    tally.count("messages")
    tally.flush()
    tally.count("messages")
    broken.clear()
    tally.flush()
    tally.flush()
    assert counts.sums("messages", (DAY, DAY), []) == {(): (2, 0)}


async def test_a_process_that_stops_adds_its_last_counts(counts: DailyCounts) -> None:
    tally = Tally(lambda: counts, INDIA, at(10))
    keeper = asyncio.create_task(tally.keep(every=3600))
    await asyncio.sleep(0)
    tally.count("messages")
    keeper.cancel()
    with suppress(asyncio.CancelledError):
        await keeper
    assert counts.sums("messages", (DAY, DAY), []) == {(): (1, 0)}


def test_old_days_are_forgotten(counts: DailyCounts) -> None:
    counts.add({Key("messages", DAY - 3): (1, 0), Key("messages", DAY): (1, 0)})
    assert counts.forget(DAY) == 1
    assert counts.sums("messages", (0, DAY), ["day"]) == {(DAY,): (1, 0)}
