"""`seva benchmark chaos`: nothing is lost and nothing is done twice, whatever dies.

Real processes: `seva serve`, two workers, the action server, the sandbox departments, and a
WhatsApp that books on disk what it takes. Citizens made by chance write texts, fill in forms,
change their minds and repeat themselves, in five keys. Deliveries come late, shuffled, twice and
together; processes are killed with `kill -9`; action server and departments are away for up to 20
seconds. The verdict is from outside: WhatsApp's book, the departments' books, and what `seva serve`
answered 200. Exit code 1 where anything that must be zero is not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.command import Document, machine_line
from benchmarks.machine import machine
from benchmarks.talk.judge import Judge
from benchmarks.upheaval.facts import Facts
from benchmarks.upheaval.judge import KINDS, Rules, Verdict, judged
from benchmarks.upheaval.outage import outage
from benchmarks.upheaval.report import document, lines, write_traces
from benchmarks.upheaval.run import Plan, Run, run
from benchmarks.upheaval.stop import stop_event
from benchmarks.upheaval.words import Words, load_settings
from nlu.catalogue import shared_catalogue
from nlu.turn import Reply

ROOT = Path(__file__).resolve().parents[1]
TRACES = Path("var") / "chaos"
OUTAGE_S, RATE, RETURN_S = 60.0, 5.0, 30.0
"""Of the outage test: how long, messages a second, and in what time all must be answered."""


def verdict_of(facts: Facts, words: Words) -> Verdict:
    """The judge's verdict, with the rules of the settings and the catalogue."""
    fit = Judge(words.catalogue)
    rules = Rules(
        apologies=words.apology,
        excused=words.settings["excused"],
        refused_as_double=words.refused_as_double,
        fitting=lambda text, language, own: fit.faults_of([Reply(text)], language, own),
        aftermath_s=words.settings["aftermath"],
    )
    return judged(facts, rules)


async def _run(folder: Path, plan: Plan, settings: dict[str, Any], quiet: bool) -> Run:
    stop = stop_event()
    columns = [*Progress.get_default_columns()[:-1], TimeElapsedColumn(), TimeRemainingColumn()]
    bar = Progress(*columns, console=Console(stderr=True))
    with nullcontext() if quiet else bar:
        task = bar.add_task("Starting", total=plan.messages)
        show = partial(_show, bar, task)
        return await run(folder, shared_catalogue(ROOT / "data"), settings, plan, stop, show)


def _show(bar: Progress, task: Any, written: int, doing: str) -> None:
    bar.update(task, completed=written, description=doing)


def chaos(plan: Plan, traces: Path, keep: Path | None = None, quiet: bool = False) -> Document:
    """The document that `--json` prints. `keep` is where files and logs of the run stay. Raises
    RuntimeError where a process does not start."""
    facts, settings = machine(), load_settings()
    with tempfile.TemporaryDirectory(prefix="seva-chaos-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        done = asyncio.run(_run(folder, plan, settings, quiet))
        verdict = verdict_of(done.facts, done.words)
        found = document(plan, done, verdict)
        paths = write_traces(plan, done, verdict, traces)
    return {"machine": facts, "settings": settings["environment"], **found, "traces": paths}


def outage_test(seed: int) -> Document:
    """The document of `--outage-test`. Raises RuntimeError where a process does not start."""
    facts, settings = machine(), load_settings()
    with tempfile.TemporaryDirectory(prefix="seva-outage-") as folder:
        catalogue = shared_catalogue(ROOT / "data")
        done = asyncio.run(outage(Path(folder), catalogue, settings, OUTAGE_S, RATE, seed))
    verdict = verdict_of(done.facts, done.words)
    counts = {kind: verdict.count(kind) for kind in KINDS if "writes" not in kind}
    first: dict[str, float] = {}
    for send in done.facts.sends:
        first.setdefault(send.answers, send.at)
    late = max(first.values(), default=done.back) - done.back
    wrong = sum(counts.values()) + done.dead + (late > RETURN_S)
    return {
        "machine": facts,
        "settings": settings["environment"],
        "outage_s": OUTAGE_S,
        "messages": len(done.facts.said),
        "answered": len(first),
        "dead_letters": done.dead,
        **counts,
        "all_answered_after_return_s": round(late, 1),
        "violations": wrong,
    }


def _table(found: Document) -> str:
    shown = (f"{name:>28}  {value}" for name, value in found.items() if name != "machine")
    return "\n".join([machine_line(found["machine"]), *shown])


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark chaos`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--messages", type=int, default=300, help="how many (default %(default)s)")
    parser.add_argument("--kills", type=int, default=10, help="how many (default %(default)s)")
    parser.add_argument("--outages", type=int, help="how many (default: 2, and one each 1,000)")
    parser.add_argument("--seed", type=int, default=0, help="of the citizens' choices")
    parser.add_argument(
        "--outage-test",
        action="store_true",
        help=f"instead: the action server is dead for {OUTAGE_S:.0f} s under {RATE:.0f} messages a "
        f"second, and all are answered within {RETURN_S:.0f} s of its return",
    )
    parser.add_argument(
        "--postgres",
        type=int,
        metavar="KILLS",
        help="state lies in PostgreSQL, which is killed so often besides, with all its children",
    )
    parser.add_argument(
        "--failover",
        type=int,
        default=0,
        metavar="LOSSES",
        help="PostgreSQL has a replica with every commit; so often the server that takes writes is "
        "lost for good, the replica takes its place, and a new one is made",
    )
    parser.add_argument("--traces", type=Path, default=TRACES, help="folder (default %(default)s)")
    parser.add_argument("--keep", type=Path, help="folder in which files and logs of the run stay")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    outages = 2 + given.messages // 1000 if given.outages is None else given.outages
    if given.messages < 1 or given.kills < 0 or outages < 0 or given.failover < 0:
        parser.error("--messages takes numbers from 1; --kills, --outages and --failover from 0")
    plan = Plan(given.messages, given.kills, outages, given.seed, given.postgres, given.failover)
    try:
        if given.outage_test:
            found = outage_test(given.seed)
        else:
            found = chaos(plan, given.traces, given.keep, quiet=given.json)
    except RuntimeError as problem:
        print(problem, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    elif given.outage_test:
        print(_table(found))
    else:
        print("\n".join([machine_line(found["machine"]), *lines(found)]))
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
