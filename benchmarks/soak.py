"""`seva benchmark soak`: whether memory stays flat while citizens write for a long time.

A whole deployment under a steady stream of text turns, each with one call of a department that
answers in 50 ms. Every few seconds the memory of each process and its children is read (PSS: what
is shared counts in parts). After a warm-up the slope is the median of all slopes between minutes
(Theil-Sen), with an interval that holds for all processes together with 95 in 100; a process is
flat where zero lies in it. The peer of the same run is the sandbox, which is no part of the product
and does the same work in every minute. The plot is an SVG in `--plots`. Exit code 1 where a message
is lost, doubled or out of order.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.command import Document, machine_line, versions_line
from benchmarks.machine import machine
from benchmarks.stream.deployed import deployed
from benchmarks.stream.judgement import NO_LOSS, judgement
from benchmarks.stream.memory import Sample, plot, sample, slopes
from benchmarks.stream.steps import Steps
from benchmarks.stream.stream import Stream, citizens, load_settings, summary
from benchmarks.upheaval.place import Layout
from benchmarks.upheaval.stop import stop_event

PLOTS = Path("var") / "soak"
_START_S = 60.0
_EVERY_S = 5.0


async def _sampled(stream: Stream, into: list[Sample], over: asyncio.Event) -> None:
    while not over.is_set():
        into.append(await asyncio.to_thread(sample, stream.place.supervisor))
        await asyncio.sleep(_EVERY_S)


async def _run(given: argparse.Namespace) -> Document:
    stop, seconds = stop_event(), given.minutes * 60
    people = citizens(load_settings(), given.rate * seconds, given.rate)
    layout = Layout(workers=given.workers, engine=given.engine)
    samples: list[Sample] = []
    with Steps({"Starting": _START_S, "Soaking": seconds}, quiet=given.json) as steps:
        steps.begin("Starting")
        async with deployed(layout, people, stop) as stream:
            over = asyncio.Event()
            watching = asyncio.create_task(_sampled(stream, samples, over))
            try:
                part = await stream.steady(given.rate, seconds, stop, steps.begin("Soaking"))
                await stream.answered(part, stop)
            finally:
                over.set()
                await watching
            found = {
                "turns": summary(stream.waits(part)),
                "refused_requests": stream.refused,
                "stopped": stop.is_set(),
                **judgement(stream),
            }
    found["processes"] = slopes(samples, given.warm_minutes * 60)
    return {**found, "plot": str(_drawn(given, samples, found["processes"]))}


def _drawn(given: argparse.Namespace, samples: Sequence[Sample], found: Document) -> Path:
    path: Path = given.plots / f"{given.engine}.svg"
    title = f"seva benchmark soak: {given.engine}, {given.rate:g} turns a second"
    plot(samples, found, given.warm_minutes * 60, title, path)
    return path


def lines(found: Document) -> Iterator[str]:
    """The table."""
    asked, turns = found["asked"], found["turns"]
    yield (
        f"{asked['engine']}, {asked['minutes']:g} minutes of {asked['rate']:g} turns a second, the "
        f"first {asked['warm_minutes']:g} left out: {turns['messages']} turns, p50 "
        f"{turns.get('p50_ms')} ms, p99 {turns.get('p99_ms')} ms"
    )
    yield f"{'':14}{'MB':>9}{'MB an hour':>12}   interval"
    for name, one in found["processes"].items():
        flat = "flat" if one["flat"] else "not flat"
        interval = f"[{one['low']:g}, {one['high']:g}]"
        yield f"{name:14}{one['mb']:>9}{one['mb_per_hour']:>12}   {interval:20} {flat}"
    for kind in ("refused_requests", *NO_LOSS, "other_replies"):
        yield f"{kind:>22}  {found[kind]}"
    yield f"plot: {found['plot']}"
    if found["stopped"]:
        yield "stopped before its end"


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark soak`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm-minutes", type=float, default=10.0, help="left out of the slope")
    parser.add_argument("--rate", type=float, default=10.0, help="turns a second")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--plots", type=Path, default=PLOTS, help="folder (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if min(given.minutes, given.rate, given.workers) <= 0:
        parser.error("numbers are above 0")
    if given.minutes < given.warm_minutes + 3:
        parser.error("--minutes must be three more than --warm-minutes at least")
    facts: dict[str, Any] = machine()
    try:
        found = {"machine": facts, "asked": vars(given), **asyncio.run(_run(given))}
    except (RuntimeError, FileNotFoundError) as problem:
        print(problem, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=2, default=str))
    else:
        print("\n".join([machine_line(facts), versions_line(facts), *lines(found)]))
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
