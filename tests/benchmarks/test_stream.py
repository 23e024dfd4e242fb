"""The parts of `seva benchmark turns`, `rolling` and `soak` that need no deployment."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import rolling, soak, turns
from benchmarks.stream.judgement import NO_LOSS
from benchmarks.stream.memory import Sample, plot, slopes
from benchmarks.stream.stream import Part, Stream, citizens, load_settings, sayings, summary
from benchmarks.upheaval.facts import Said, Send
from benchmarks.upheaval.records import RECORDS
from benchmarks.upheaval.stop import Stopped, unless
from nlu.catalogue import shared_catalogue

MINUTE = 60.0
SUMMARY = {"messages": 3, "p50_ms": 81.5, "p95_ms": 90.0, "p99_ms": 99.25, "longest_ms": 120.0}
COST = {"serve": 4.0, "worker": 21.5}
NOTHING = dict.fromkeys([*NO_LOSS, "refused_requests", "violations", "other_replies"], 0)


def test_nobody_writes_more_than_seva_takes() -> None:
    settings = load_settings()
    for messages, rate in ((20_000, 25), (100, 40)):
        people = citizens(settings, messages, rate)
        assert len(set(people)) == len(people)
        assert messages / len(people) < 200
        assert rate * 60 / len(people) < 20


def test_each_text_names_a_record_that_is_there() -> None:
    settings = load_settings()
    texts = sayings(shared_catalogue(Path("data")), settings)
    assert len(texts) > 20
    assert set(settings["numbers"]) <= set(RECORDS[settings["slot"]])
    assert all(any(number in text for number in settings["numbers"]) for text in texts)
    assert any("\u0c00" <= letter <= "\u0c7f" for letter in "".join(texts))


def test_summary_is_in_milliseconds() -> None:
    found = summary([0.1] * 99 + [1.0])
    assert (found["messages"], found["p50_ms"], found["longest_ms"]) == (100, 100.0, 1000.0)
    assert summary([]) == {"messages": 0}


def stream(sends: list[Send]) -> Any:
    """As far as it reads its witness."""
    return SimpleNamespace(witness=SimpleNamespace(sends=sends))


def part(count: int) -> Part:
    said = [Said(f"m{n}", "c", 0, "", "ask", posted=10.0, taken=10.5) for n in range(count)]
    return Part(said, 10.0, 11.0)


def test_waits_are_from_when_a_message_was_due_to_its_first_reply() -> None:
    sends = [Send(12.0, "1", "m0:0", "c", "", ()), Send(13.0, "2", "m0:1", "c", "", ())]
    assert Stream.waits(stream(sends), part(2)) == [2.0]
    assert Stream.taken(stream([]), part(2)) == [0.5, 0.5]


def test_drain_leaves_out_how_it_begins_and_ends() -> None:
    """Ten a second, but the first and the last answer come late."""
    times = [0.0, *(100 + n / 10 for n in range(98)), 500.0]
    sends = [Send(at, "", f"m{n}:0", "c", "", ()) for n, at in enumerate(times)]
    assert Stream.drained_per_second(stream(sends), part(100)) == pytest.approx(10.0)


async def test_what_is_stopped_says_so_and_ends() -> None:
    stop, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            stop.set()
            await asyncio.sleep(3600)
        finally:
            ended.set()

    with pytest.raises(Stopped):
        await unless(stop, work())
    assert ended.is_set()
    assert await unless(asyncio.Event(), asyncio.sleep(0, "done")) == "done"


def samples(per_hour: float, minutes: int = 20) -> list[Sample]:
    """One each ten seconds: up and down by 3 MB, and by so many MB an hour."""
    return [
        Sample(n * 10.0, {"worker-1": 900 + 3 * (n * 7 % 11) / 10 + per_hour * n / 360})
        for n in range(minutes * 6)
    ]


def test_memory_that_grows_is_not_flat_and_noise_is() -> None:
    flat, grows = (slopes(samples(each), 5 * MINUTE)["worker-1"] for each in (0.0, 30.0))
    assert flat["flat"] and flat["low"] <= 0 <= flat["high"]
    assert not grows["flat"] and 25 < grows["mb_per_hour"] < 35


def test_warm_up_is_left_out() -> None:
    """A process that fills its caches in the first minutes and then stays."""
    filling = [
        Sample(one.at, {"worker-1": one.mb["worker-1"] + min(one.at, 4 * MINUTE)})
        for one in samples(0.0)
    ]
    assert slopes(filling, 5 * MINUTE)["worker-1"]["flat"]
    assert not slopes(filling[:40], 0)["worker-1"]["flat"]


def test_a_soak_that_is_too_short_says_so() -> None:
    with pytest.raises(RuntimeError, match="too short"):
        slopes(samples(0.0, minutes=6), 5 * MINUTE)


def test_plot_shows_every_process(tmp_path: Path) -> None:
    file = tmp_path / "plots" / "soak.svg"
    some = samples(30.0)
    plot(some, slopes(some, MINUTE), MINUTE, "a soak", file)
    drawn = file.read_text("utf-8")
    assert "<svg" in drawn and "worker-1" in drawn


def test_tables_show_every_number_of_their_document(tmp_path: Path) -> None:
    one = {"per_second": 20.5, "processor_ms_a_turn": COST, "others_on": "0", **NOTHING}
    measured = {
        "asked": {"engine": "sqlite", "workers": 2, "cores": 2},
        "quiet": SUMMARY,
        "busy": {**SUMMARY, "p50_ms": 163.0, "p99_ms": 801.0},
        "taken": SUMMARY,
        "written_per_second": 24.9,
        "processor_ms_a_turn": COST,
        "burst": {
            "messages": 200,
            "taken_in_s": 1.5,
            "answered": 199,
            "drained_in_s": 9.5,
            "per_second": 21.0,
        },
        "capacity": {"one": one, "two": {**one, "per_second": 38.0}, "ratio": 1.85},
        "stopped": False,
        **NOTHING,
    }
    table = "\n".join(turns.lines(measured))
    for wanted in ("24.9 turns", "2.00 times", "missed", "1 lost", "1.85 times", "worker 21.5"):
        assert wanted in table
    rolled = {
        "asked": {"engine": "postgres", "rate": 20, "seconds": 60},
        "quiet": SUMMARY,
        "rolling": SUMMARY,
        "steps": [{"what": "serve-1", "seconds": 7.5, **SUMMARY}],
        "times": 1.25,
        "stopped": True,
        **NOTHING,
    }
    table = "\n".join(rolling.lines(rolled))
    for wanted in ("serve-1", "7.5", "1.25 times", "reached", "stopped before its end"):
        assert wanted in table
    soaked = {
        "asked": {"engine": "sqlite", "minutes": 30, "rate": 10, "warm_minutes": 10},
        "turns": SUMMARY,
        "processes": slopes(samples(30.0), MINUTE),
        "plot": str(tmp_path / "sqlite.svg"),
        "stopped": False,
        **NOTHING,
    }
    table = "\n".join(soak.lines(soaked))
    for wanted in ("worker-1", "not flat", "81.5", "sqlite.svg"):
        assert wanted in table


@pytest.mark.parametrize(
    "main, wrong",
    [
        (turns.main, ["--rate", "0"]),
        (turns.main, ["--capacity", "5"]),
        (rolling.main, ["--seconds", "-1"]),
        (soak.main, ["--minutes", "5"]),
    ],
)
def test_wrong_numbers_are_refused(main: Any, wrong: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2
    assert "usage: seva benchmark" in capsys.readouterr().err


def test_violations_of_every_part_count() -> None:
    whole = {"violations": 0, "capacity": {"one": {"violations": 1}, "two": {"violations": 2}}}
    assert turns.violations(whole) == 3
    assert turns.violations({"violations": 4}) == 4
