"""Talks of citizens made by chance, while departments fail and the action server dies, checked
against the departments' own books."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.command import Document, machine_line
from benchmarks.machine import machine
from benchmarks.talk.judge import Judge
from benchmarks.talk.place import opened
from benchmarks.talk.table import CASES, FAULTS, Outcome, played
from benchmarks.talk.talk import Talk, load_words, talked
from nlu.catalogue import shared_catalogue

ROOT = Path(__file__).resolve().parents[1]
TALKS = 500


async def talks(seeds: Iterable[int], folder: Path) -> AsyncIterator[Talk]:
    """The talks of the seeds, some at the same time, each with departments whose faults are its
    own. All departments begin anew before the next ones."""
    words = load_words(shared_catalogue(ROOT / "data"))
    judge = Judge(words.catalogue)
    lanes = len(words.settings["lanes"])
    async with opened(folder, words.settings["departments"], words.settings["dialogue"]) as place:
        for _, together in groupby(seeds, lambda seed: seed // lanes):
            await place.reset()
            for talk in await asyncio.gather(
                *(talked(place, words, judge, seed, seed % lanes) for seed in together)
            ):
                yield talk


def summary(done: Sequence[Talk]) -> Document:
    """What was met and measured."""
    turns = [turn for talk in done for turn in talk.turns]
    seconds = [turn.seconds for turn in turns if not turn.killed]
    p50, p95, longest = np.percentile(seconds, [50, 95, 100]).round(2).tolist()
    without_server = [turn.seconds for turn in turns if turn.killed]
    return {
        "talks": len(done),
        "first_seed": done[0].seed,
        "turns": len(turns),
        "by_key": dict(Counter(talk.key for talk in done)),
        "turns_under_fault": dict(Counter(turn.fault for turn in turns)),
        "turns_while_killed": sum(turn.killed for turn in turns),
        "writes": sum(talk.writes for talk in done),
        "violations": sum(len(talk.broken) for talk in done),
        "p50_s": p50,
        "p95_s": p95,
        "longest_s": longest,
        "longest_killed_s": round(max(without_server, default=0.0), 2),
    }


def told(talk: Talk) -> Iterable[str]:
    """A talk in words: what is wrong with it, and every turn."""
    yield f"seed {talk.seed}, {talk.key}, {', '.join(talk.departments)}"
    yield from (f"  WRONG {one}" for one in talk.broken)
    for number, turn in enumerate(talk.turns):
        killed = ", killed" if turn.killed else ""
        yield f"  {number} [{turn.message.act}, {turn.fault}{killed}] >> {turn.message.text}"
        for reply in turn.replies:
            titles = " ".join(f"[{button.title}]" for button in reply.buttons)
            yield f"      << {reply.text} {titles}".replace("\n", " | ")


async def fault_table(keys: Sequence[str], folder: Path) -> list[Outcome]:
    """Each kind of operation under each fault with the real time-outs, departments at the same
    time. Only the pause after failures is short."""
    pause = 0.5
    short = {"breaker": {"reset_after": pause}}
    async with opened(folder, short) as place:
        judge = Judge(place.catalogue)

        async def of_department(name: str) -> list[Outcome]:
            own = [case for case in CASES if case.department(place.catalogue) == name]
            return [
                await played(place, judge, case, FAULTS["real_delays"], pause)
                for case in own
                if case.key in keys
            ]

        columns = await asyncio.gather(*map(of_department, place.catalogue.departments))
    return [outcome for column in columns for outcome in column]


def table_summary(outcomes: Sequence[Outcome]) -> Document:
    """The longest turn of each kind and fault in seconds, and all that is wrong."""
    cells: dict[str, dict[str, float]] = {}
    for outcome in outcomes:
        row = cells.setdefault(outcome.case.kind, {})
        longest = round(max(outcome.seconds), 1)
        row[outcome.case.mode] = max(longest, row.get(outcome.case.mode, 0.0))
    wrong = {o.case.name: o.wrong for o in outcomes if o.wrong}
    longest = max(max(row.values()) for row in cells.values())
    return {
        "cases": len(outcomes),
        "violations": len(wrong),
        "longest_s": longest,
        **cells,
        **wrong,
    }


async def _table(keys: Sequence[str]) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        return await fault_table(keys, Path(folder))


async def _run(seeds: Sequence[int], every: bool) -> list[Talk]:
    done: list[Talk] = []
    with tempfile.TemporaryDirectory() as folder, Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("Talking", total=len(seeds))
        async for talk in talks(seeds, Path(folder)):
            done.append(talk)
            bar.advance(task)
            if talk.broken or every:
                print("\n".join(told(talk)), file=sys.stderr, flush=True)
    return done


def main(argv: Sequence[str]) -> int:
    """Exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="seva benchmark conversations", description=__doc__)
    parser.add_argument("--talks", type=int, default=TALKS, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first (default %(default)s)")
    parser.add_argument(
        "--every", action="store_true", help="write every talk down, not only wrong ones"
    )
    parser.add_argument("--faults", action="store_true", help="the table of faults instead")
    parser.add_argument("--key", action="append", help="keys of the table (default all)")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    facts = machine()
    if given.faults:
        found = table_summary(asyncio.run(_table(given.key or list(FAULTS["agree"]))))
    else:
        seeds = range(given.seed, given.seed + given.talks)
        found = summary(asyncio.run(_run(seeds, given.every)))
    document = {"machine": facts, **found}
    if given.json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print(machine_line(facts))
        for name, value in document.items():
            if name != "machine":
                print(f"{name:>20}  {value}")
    return 1 if document["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
