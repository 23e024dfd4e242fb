"""`seva benchmark turns`: how long text turns take, what a second worker adds, and a burst.

A whole deployment: `seva serve`, workers, the action server, the departments of the sandbox, and a
WhatsApp that writes what it takes to disk. Citizens ask for a bill in five keys, each message one
turn with one call of a department that answers in 50 ms. They do not wait for answers, and a turn
counts from when its message was due to when WhatsApp has the reply. The peer of the same run is the
same deployment with one turn a second, where nobody waits for another.

Then capacity: so many messages at once to a deployment with one worker on a core of its own, and to
one with two on two. Where there are four cores or more, all other processes run on the others; on
fewer they share the cores of the workers, one core in the first half and two in the second. Last a
burst, which must drain without loss. Exit code 1 where a message is lost, doubled or out of order.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.command import Document, beside_wanted, machine_line, versions_line
from benchmarks.machine import machine
from benchmarks.stream.deployed import deployed, used, used_since
from benchmarks.stream.judgement import NO_LOSS, judgement
from benchmarks.stream.steps import Steps
from benchmarks.stream.stream import Part, Stream, citizens, load_settings, summary
from benchmarks.upheaval.place import Layout
from benchmarks.upheaval.records import phones
from benchmarks.upheaval.stop import Stopped, stop_event

P50_MS, P99_MS, TWO_TO_ONE = 120.0, 800.0, 1.8
"""Wanted."""
_WARM_S, _WARM_RATE = 10.0, 3.0
_START_S, _TURN_S = 60.0, 0.05
"""Expected, for the bar: until a deployment answers, and for each turn of a burst."""


def _people(given: argparse.Namespace) -> list[str]:
    settings = load_settings()
    messages = given.rate * given.seconds + 2 * given.seconds + given.burst
    writers = len(citizens(settings, messages, given.rate))
    burst = max(given.burst, given.capacity) // settings["burst_each"]
    return phones(0, max(writers, burst) + 1)


async def _latency(given: argparse.Namespace, stop: asyncio.Event, steps: Steps) -> Document:
    """One turn a second, then as many as asked for, then a burst."""
    shared = {"": ",".join(map(str, range(given.cores)))}
    layout = Layout(workers=given.workers, engine=given.engine, cores=shared)
    steps.begin("Starting")
    async with deployed(layout, _people(given), stop) as stream:
        await _warmed(stream, stop, steps)
        quiet = await stream.steady(1, given.seconds, stop, steps.begin("One a second"))
        await stream.answered(quiet, stop)
        before = used(stream.place)
        busy = await stream.steady(given.rate, given.seconds, stop, steps.begin("Steady"))
        await stream.answered(busy, stop)
        cost = used_since(stream.place, before, len(busy.said))
        found = {
            "quiet": summary(stream.waits(quiet)),
            "busy": summary(stream.waits(busy)),
            "taken": summary(stream.taken(busy)),
            "written_per_second": round(len(busy.said) / (busy.ended - busy.began), 1),
            "processor_ms_a_turn": cost,
        }
        if given.burst and not stop.is_set():
            found["burst"] = await _burst(stream, given.burst, stop, steps)
        return {**found, "refused_requests": stream.refused, **judgement(stream)}


async def _warmed(stream: Stream, stop: asyncio.Event, steps: Steps) -> None:
    """What is loaded at the first use is loaded."""
    warm = await stream.steady(_WARM_RATE, _WARM_S, stop, steps.begin("Warming up"))
    await stream.answered(warm, stop)


async def _burst(stream: Stream, count: int, stop: asyncio.Event, steps: Steps) -> Document:
    show = steps.begin("Burst")
    part = await stream.burst(count, stop)
    whole = await stream.answered(part, stop, show)
    waits = stream.waits(part)
    return {
        "messages": len(part.said),
        "taken_in_s": round(part.ended - part.began, 1),
        "answered": len(waits),
        "drained_in_s": round(max(waits, default=0.0), 1),
        "per_second": round(stream.drained_per_second(part), 1) if whole else 0.0,
        "without_loss": whole,
    }


async def _capacity(
    given: argparse.Namespace, workers: int, stop: asyncio.Event, steps: Steps
) -> Document:
    """Turns a second of so many workers, each on a core of its own."""
    apart = (os.cpu_count() or 1) >= 4
    own = {f"worker-{number + 1}": str(number) for number in range(workers)}
    rest = f"2-{(os.cpu_count() or 1) - 1}" if apart else ",".join(own.values())
    steps.begin(f"{workers} worker{'s' if workers > 1 else ''}")
    layout = Layout(workers=workers, engine=given.engine, cores={**own, "": rest})
    async with deployed(layout, _people(given), stop) as stream:
        warm = await stream.steady(_WARM_RATE, _WARM_S, stop)
        await stream.answered(warm, stop)
        before = used(stream.place)
        part: Part = await stream.burst(given.capacity, stop)
        whole = await stream.answered(part, stop)
        cost = used_since(stream.place, before, len(part.said))
        rate = stream.drained_per_second(part) if whole else 0.0
        told = {"per_second": round(rate, 1), "processor_ms_a_turn": cost, **judgement(stream)}
        return {"others_on": rest, **told}


async def _run(given: argparse.Namespace) -> Document:
    stop = stop_event()
    expected = {
        "Starting": _START_S,
        "Warming up": _WARM_S,
        "One a second": given.seconds,
        "Steady": given.seconds,
        "Burst": given.burst * _TURN_S,
        "1 worker": _START_S + _WARM_S + given.capacity * 2 * _TURN_S,
        "2 workers": _START_S + _WARM_S + given.capacity * _TURN_S,
    }
    found: Document = {}
    with Steps(expected, quiet=given.json) as steps:
        found |= await _latency(given, stop, steps)
        if given.capacity and not stop.is_set():
            try:
                one = await _capacity(given, 1, stop, steps)
                two = await _capacity(given, 2, stop, steps)
            except Stopped:
                return {**found, "stopped": True}
            found["capacity"] = {"one": one, "two": two}
            if one["per_second"]:
                found["capacity"]["ratio"] = round(two["per_second"] / one["per_second"], 2)
    return {**found, "stopped": stop.is_set()}


def lines(found: Document) -> Iterator[str]:
    """The table."""
    asked, quiet, busy, taken = (found[name] for name in ("asked", "quiet", "busy", "taken"))
    yield f"{asked['engine']}, {asked['workers']} workers, {asked['cores']} cores"
    yield f"{'':32}{'turns':>8}{'p50':>9}{'p95':>9}{'p99':>9}{'longest':>9}  ms"
    rows = {
        "one turn a second": quiet,
        f"{found['written_per_second']:g} turns a second": busy,
        "of these until the 200": taken,
    }
    for name, one in rows.items():
        if one["messages"]:
            cells = "".join(f"{one[key]:>9g}" for key in ("p50_ms", "p95_ms", "p99_ms"))
            yield f"{name:32}{one['messages']:>8}{cells}{one['longest_ms']:>9g}"
    if busy["messages"] and quiet["messages"]:
        yield f"busy to quiet, p50: {busy['p50_ms'] / quiet['p50_ms']:.2f} times"
        yield beside_wanted("p50", busy["p50_ms"], P50_MS, " ms")
        yield beside_wanted("p99", busy["p99_ms"], P99_MS, " ms")
    yield f"processor, ms a turn: {_named(found['processor_ms_a_turn'])}"
    if "burst" in found:
        one = found["burst"]
        yield (
            f"burst of {one['messages']}: taken in {one['taken_in_s']} s, drained in "
            f"{one['drained_in_s']} s ({one['per_second']}/s), "
            f"{one['messages'] - one['answered']} lost"
        )
    if "capacity" in found:
        both = found["capacity"]
        for name, one in (("one worker", both["one"]), ("two workers", both["two"])):
            yield (
                f"{name}, each on a core, the others on {one['others_on']}: "
                f"{one['per_second']} turns/s; ms a turn: {_named(one['processor_ms_a_turn'])}"
            )
        if "ratio" in both:
            reached = "reached" if both["ratio"] >= TWO_TO_ONE else "missed"
            yield f"two to one: {both['ratio']} times (wanted {TWO_TO_ONE}: {reached})"
    for kind in (*NO_LOSS, "refused_requests", "other_replies"):
        yield f"{kind:>22}  {found[kind]}"
    if found["stopped"]:
        yield "stopped before its end"


def _named(costs: dict[str, float]) -> str:
    return ", ".join(f"{role} {cost:g}" for role, cost in costs.items())


def violations(found: Document) -> int:
    """What must be zero, in all parts."""
    both = found.get("capacity", {})
    return int(found["violations"]) + sum(
        both[name]["violations"] for name in ("one", "two") if name in both
    )


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark turns`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark turns",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rate", type=float, default=25.0, help="turns a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each steady part")
    parser.add_argument("--workers", type=int, default=2, help="in the steady parts and the burst")
    parser.add_argument("--cores", type=int, default=2, help="that all processes share there")
    parser.add_argument("--burst", type=int, default=0, help="messages at once; 0: none")
    parser.add_argument(
        "--capacity", type=int, default=1500, help="messages for the capacity; 0: not measured"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    least = min(given.rate, given.seconds, given.workers, given.cores)
    if least <= 0 or given.burst < 0 or given.capacity < 0 or 0 < given.capacity < 20:
        parser.error("numbers are above 0; --burst and --capacity may be 0")
    facts: dict[str, Any] = machine()
    try:
        found = {"machine": facts, "asked": vars(given), **asyncio.run(_run(given))}
    except (RuntimeError, FileNotFoundError) as problem:
        print(problem, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print("\n".join([machine_line(facts), versions_line(facts), *lines(found)]))
    return 1 if violations(found) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
