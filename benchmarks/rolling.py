"""`seva benchmark rolling`: every role is restarted and the model exchanged under load.

A whole deployment: two `seva serve` behind HAProxy, two workers, the action server (two behind
HAProxy on PostgreSQL), the sandbox, and a WhatsApp that writes what it takes to disk. Citizens send
20 turns a second, each with one call of a department that answers in 50 ms. First nothing else
happens: that is the peer of the same run. Then each process is asked to end (SIGTERM), and the next
one when its successor is ready; last another model is promoted, and all change over to it.

Nothing may be refused (an answer other than 200, a connection that breaks), lost, doubled or out of
order: exit code 1. The p99 of the turns is held against that of the quiet part.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.command import Document, beside_wanted, machine_line, versions_line
from benchmarks.machine import machine
from benchmarks.stream.deployed import deployed
from benchmarks.stream.judgement import NO_LOSS, judgement
from benchmarks.stream.steps import Steps
from benchmarks.stream.stream import Part, Stream, citizens, load_settings, summary
from benchmarks.upheaval.place import Layout, models_folder
from benchmarks.upheaval.stop import Stopped, stop_event, unless
from nlu import registry
from nlu.archive import ReleaseRefused

TIMES = 2.0
"""Wanted: p99 at most so many times the quiet one."""
_WARM_S, _WARM_RATE = 10.0, 3.0
_START_S, _RESTART_S, _SWAP_S = 60.0, 20.0, 80.0
_BETWEEN_S = 2.0
_SWAPPED_S = 300.0
_LONGEST_S = 3600.0
_ROLES = ("serve-", "worker-", "actions")
_LEFT_ALONE = ("front", "actions-front")


@dataclass
class Rolled:
    """What was done when: a name, and its beginning and end."""

    steps: list[tuple[str, float, float]] = field(default_factory=list)

    def add(self, name: str, began: float) -> None:
        """It is done."""
        self.steps.append((name, began, time.time()))


def other_model() -> str:
    """The release that was live before, if it is still there. Raises RuntimeError."""
    folder = models_folder()
    live = json.loads((folder / registry.LIVE).read_text("utf-8"))
    for name in reversed(live.get("history", [])):
        if (folder / name / registry.MANIFEST).is_file():
            return str(name)
    raise RuntimeError("there is no other model to change to: train one, or give --model")


async def _roll(
    stream: Stream, model: str, stop: asyncio.Event, steps: Steps, rolled: Rolled
) -> None:
    """Every process of every role, then the model. Raises Stopped, RuntimeError."""
    supervisor = stream.place.supervisor
    names = [
        name for name in supervisor.processes if name.startswith(_ROLES) and name not in _LEFT_ALONE
    ]
    for name in names:
        steps.begin(name)
        began = time.time()
        await unless(stop, supervisor.restart(name))
        await unless(stop, asyncio.sleep(_BETWEEN_S))
        rolled.add(name, began)
    steps.begin("model")
    began = time.time()
    await asyncio.to_thread(registry.promote, stream.place.models, model)
    await unless(stop, _changed(stream, model))
    rolled.add("model", began)


async def _changed(stream: Stream, model: str) -> None:
    """Waits until every worker and `seva serve` has the model, one after the other. Raises
    RuntimeError where no other has it for long."""
    until = time.monotonic() + _SWAPPED_S
    serves = [p for name, p in stream.place.supervisor.processes.items() if name[:6] == "serve-"]
    ports = [process.environment["SEVA_INTERNAL_PORT"] for process in serves]
    waiting = {*stream.place.metrics, *(f"http://127.0.0.1:{port}/metrics" for port in ports)}
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        while waiting:
            for address in sorted(waiting):
                if f'"{model}"' in (await client.get(address)).text:
                    waiting.discard(address)
                    until = time.monotonic() + _SWAPPED_S
            if time.monotonic() > until:
                who = ", ".join(sorted(waiting))
                raise RuntimeError(f"{model} is not taken over in {_SWAPPED_S:.0f} s by {who}")
            await asyncio.sleep(0.5)


async def _measured(given: argparse.Namespace, stop: asyncio.Event, steps: Steps) -> Document:
    settings = load_settings()
    actions = 2 if given.engine == "postgres" else 1
    layout = Layout(serves=2, actions=actions, engine=given.engine)
    people = citizens(settings, given.rate * _LONGEST_S, given.rate)
    live = registry.live_id(models_folder())
    assert live is not None
    steps.begin("Starting")
    async with deployed(layout, people, stop, (live, given.model)) as stream:
        warm = await stream.steady(_WARM_RATE, _WARM_S, stop, steps.begin("Warming up"))
        await stream.answered(warm, stop)
        quiet = await stream.steady(given.rate, given.seconds, stop, steps.begin("Quiet"))
        await stream.answered(quiet, stop)
        before = stream.refused
        over = asyncio.Event()
        flow = asyncio.create_task(stream.steady(given.rate, _LONGEST_S, over))
        rolled = Rolled()
        try:
            with suppress(Stopped):  # what was done until then is told
                await _roll(stream, given.model, stop, steps, rolled)
        finally:
            over.set()
            busy = await flow
        await stream.answered(busy, stop)
        found = {
            "quiet": summary(stream.waits(quiet)),
            "rolling": summary(stream.waits(busy)),
            "steps": [_step(stream, busy, *one) for one in rolled.steps],
            "refused_requests": stream.refused - before,
            "stopped": stop.is_set(),
            **judgement(stream),
        }
    if busy.said and quiet.said and found["quiet"]["messages"] and found["rolling"]["messages"]:
        found["times"] = round(found["rolling"]["p99_ms"] / found["quiet"]["p99_ms"], 2)
    return found


def _step(stream: Stream, part: Part, name: str, began: float, ended: float) -> Document:
    """The turns that were written meanwhile."""
    said = [one for one in part.said if began <= one.posted <= ended]
    waits = summary(stream.waits(Part(said, began, ended)))
    return {"what": name, "seconds": round(ended - began, 1), **waits}


def _names(given: argparse.Namespace) -> list[str]:
    """Of what is exchanged."""
    actions = ["actions-1", "actions-2"] if given.engine == "postgres" else ["actions"]
    return [*actions, "serve-1", "serve-2", "worker-1", "worker-2", "model"]


async def _run(given: argparse.Namespace) -> Document:
    expected = {"Starting": _START_S, "Warming up": _WARM_S, "Quiet": given.seconds}
    expected |= dict.fromkeys(_names(given), _RESTART_S)
    with Steps({**expected, "model": _SWAP_S}, quiet=given.json) as steps:
        return await _measured(given, stop_event(), steps)


def lines(found: Document) -> Iterator[str]:
    """The table."""
    asked = found["asked"]
    yield f"{asked['engine']}, {asked['rate']:g} turns a second"
    yield f"{'':24}{'seconds':>9}{'turns':>8}{'p50':>9}{'p95':>9}{'p99':>9}{'longest':>9}  ms"
    rows = [("quiet", asked["seconds"], found["quiet"])]
    rows += [(one["what"], one["seconds"], one) for one in found["steps"]]
    rows.append(("all of the rolling", "", found["rolling"]))
    for name, seconds, one in rows:
        if one["messages"]:
            cells = "".join(f"{one[key]:>9g}" for key in ("p50_ms", "p95_ms", "p99_ms"))
            yield f"{name:24}{seconds:>9}{one['messages']:>8}{cells}{one['longest_ms']:>9g}"
    if "times" in found:
        yield beside_wanted("p99 of the rolling to the quiet one", found["times"], TIMES, " times")
    for kind in ("refused_requests", *NO_LOSS, "other_replies"):
        yield f"{kind:>22}  {found[kind]}"
    if found["stopped"]:
        yield "stopped before its end"


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark rolling`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark rolling",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="postgres")
    parser.add_argument("--rate", type=float, default=20.0, help="turns a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the quiet part")
    parser.add_argument("--model", help="that is promoted (default: the one live before)")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if min(given.rate, given.seconds) <= 0:
        parser.error("numbers are above 0")
    facts: dict[str, Any] = machine()
    try:
        given.model = given.model or other_model()
        found = {"machine": facts, "asked": vars(given), **asyncio.run(_run(given))}
    except (RuntimeError, FileNotFoundError, ReleaseRefused) as problem:
        print(problem, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print("\n".join([machine_line(facts), versions_line(facts), *lines(found)]))
    return 1 if found["violations"] or found["refused_requests"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
