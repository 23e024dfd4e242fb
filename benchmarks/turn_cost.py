"""`seva benchmark turn-cost`: what a turn costs, and that it costs no more after 500 of them.

One citizen talks for 500 turns within a session, through the real engine and action server: a
greeting, a bill, a form that is begun and stopped. Printed for turns around the 5th and around the
500th: time by the clock (ms, without the queue and WhatsApp), processor time of the engine's
process and of the action server's (ms), calls of the action server and their bytes, and the bytes
of the stored tracker. Exit code 1 where the late ones cost more than 1.3 times the early ones.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks.command import Document, finish
from benchmarks.machine import machine
from benchmarks.talk.data import PHONE
from benchmarks.talk.place import Place, opened
from nlu.turn import Message

SAYINGS = (
    "hello",
    "how much is my electricity bill 6123401005678",
    "register a complaint that there is no power",
    "6123401005678",
    "cancel it",
)
TURNS, AROUND = 500, 25
MOST = 1.3
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Of one turn: time by the clock and of the processor in ms, calls, bytes."""

    turn_ms: float
    engine_ms: float
    actions_ms: float
    calls: int
    sent: int
    tracker: int


async def talked(place: Place, sender: str, turns: int) -> list[Cost]:
    """A citizen's turns, one after the other."""
    sent, costs = place.endpoint.sent, []
    for number in track(range(turns), "Talking", console=Console(stderr=True)):
        sent.clear()
        engine, actions = time.process_time(), _processor(place.actions.pid)
        began = time.perf_counter()
        words = SAYINGS[number % len(SAYINGS)]
        await place.turn(Message(words, sender, f"{sender}-{number}", "en", PHONE))
        costs.append(
            Cost(
                turn_ms=(time.perf_counter() - began) * 1000,
                engine_ms=(time.process_time() - engine) * 1000,
                actions_ms=(_processor(place.actions.pid) - actions) * 1000,
                calls=len(sent),
                sent=sum(sent),
                tracker=len(place.talks.tracker(sender) or ""),
            )
        )
    return costs


def _processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _means(costs: Sequence[Cost]) -> Document:
    names = ("turn_ms", "engine_ms", "actions_ms", "calls", "sent", "tracker")
    return {name: round(statistics.fmean(getattr(c, name) for c in costs), 2) for name in names}


async def _run() -> list[Cost]:
    with tempfile.TemporaryDirectory(prefix="seva-turns-") as folder:
        async with opened(Path(folder), {}) as place:
            await talked(place, "first", 2 * len(SAYINGS))  # what is loaded at the first use
            return await talked(place, "talker", TURNS)


def measured() -> Document:
    """The document that `--json` prints."""
    facts = machine()
    costs = asyncio.run(_run())
    early, late = _means(costs[:AROUND]), _means(costs[-AROUND:])
    ratios = {name: round(late[name] / early[name], 2) for name in ("engine_ms", "sent", "tracker")}
    return {"machine": facts, "early": early, "late": late, "late_to_early": ratios}


def lines(document: Document) -> Iterable[str]:
    """The table."""
    names = ("clock", "engine", "actions", "calls", "bytes", "tracker")
    yield "turn         " + " ".join(f"{name:>9}" for name in names)
    for name, turns in (("early", f"1-{AROUND}"), ("late", f"{TURNS - AROUND + 1}-{TURNS}")):
        row = document[name]
        times = (f"{row[name]:.1f} ms" for name in ("turn_ms", "engine_ms", "actions_ms"))
        counts = (f"{row['calls']:.2f}", f"{row['sent']:.0f}", f"{row['tracker']:.0f}")
        yield f"{turns:<12} " + " ".join(f"{one:>9}" for one in (*times, *counts))
    yield "late to early: " + ", ".join(f"{k} {v}" for k, v in document["late_to_early"].items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point for `seva benchmark turn-cost`."""
    parser = argparse.ArgumentParser(prog="seva benchmark turn-cost", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document, nothing else")
    given = parser.parse_args(arguments)
    found: list[Document] = []

    def run() -> Document:
        found.append(measured())
        return found[0]

    code = finish(run, partial(lines), as_json=given.json)
    grown = bool(found) and max(found[0]["late_to_early"].values()) > MOST
    return 1 if grown else code


if __name__ == "__main__":
    sys.exit(main())
