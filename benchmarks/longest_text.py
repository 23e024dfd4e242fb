"""`seva benchmark longest-text`: what the longest message costs, of each kind a stranger may send.

Texts of `--length` characters (`benchmarks/longest_texts.py`: digits, dates, separators, words and
marks of all scripts, mixed) beside ordinary sentences of that length. Each is answered where a form
asks for each kind of slot, and understood by the live model. Times are of the processor, one
thread, no text seen before. Each is measured in three rounds with other texts of its kind and the
shortest time counts: what is longer is the machine's, which is slow for seconds. The aim is 150 ms.
What the process holds is frozen, as in service, so that no collection of all of it is timed.

Then an ordinary short message of somebody else comes right behind the text that takes longest to
understand: how much later it is understood than alone, by the clock. The aim is 100 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress

from actions.dialogue import turns
from actions.dialogue.form import Form
from actions.dialogue.settings import load_settings
from actions.dialogue.state import Heard, State
from benchmarks.command import machine_line
from benchmarks.longest_texts import ORDINARY, kinds, ordinary
from benchmarks.machine import machine
from nlu.catalogue import Catalogue, Service, load_catalogue
from nlu.paths import models_folder
from nlu.registry import live_id
from nlu.slots import Parsed, parse, prepare
from nlu.turn import Message

if TYPE_CHECKING:
    from nlu.engine.rasa_engine import Engine

ROOT = Path(__file__).resolve().parents[1]
PARSING = "parsing"
_ROUNDS = 3
_BEHIND = 40  # short messages, alone and behind a long one
Answers = Mapping[str, Callable[[str], object]]


def answers(catalogue: Catalogue, today: date) -> dict[str, Callable[[str], object]]:
    """By kind of slot: the turn of a form that asks for one, of the service that asks most."""
    form = Form(catalogue, load_settings(ROOT / "data"), today)
    found: dict[str, Callable[[str], object]] = {}
    for service in sorted(catalogue.services.values(), key=lambda one: -len(one.slots)):
        for at, slot in enumerate(service.slots):
            if slot.type.kind != "attachment":
                state = _asking(catalogue, service, at, today)
                found.setdefault(slot.type.kind, _answering(form, state))
    return found


def _answering(form: Form, state: State) -> Callable[[str], object]:
    return lambda text: turns.understood(form, state, _heard(text))


def _asking(catalogue: Catalogue, service: Service, at: int, today: date) -> State:
    """The form at the slot of this place, with examples told for those before."""
    told = {}
    for slot in service.slots[:at]:
        said = slot.type.examples[0] if slot.type.examples else "x"
        read = parse(slot.type, said, today=today, catalogue=catalogue)
        told[slot.name] = read.value if isinstance(read, Parsed) else said
    asked = service.slots[at].name
    return State("en", service=service.name, values=told, given=tuple(told), asked=asked, nonce="n")


def _heard(text: str) -> Heard:
    nothing: dict[str, Any] = {}
    return Heard(
        text=text,
        intent="",
        confidence=0.5,
        kind="out_of_scope",
        options=(),
        key="en",
        key_confidence=0.9,
        script="Latn",
        entities=(),
        payload=nothing,
        found=nothing,
        message=Message(text, "longest"),
    )


def loaded(model: str) -> Engine:
    """The engine of a model of the registry. Raises FileNotFoundError."""
    from nlu.engine.rasa_engine import Engine

    return asyncio.run(Engine.load(models_folder() / model, data_dir=ROOT / "data"))


def understanding(engine: Engine) -> Callable[[str], object]:
    """Its whole pipeline."""
    from rasa.core.channels.channel import UserMessage

    return lambda text: engine.path.run([UserMessage(text, sender_id="longest")])


async def meanwhile(engine: Engine, kind: str, catalogue: Catalogue, length: int) -> dict[str, Any]:
    """Milliseconds by the clock until short messages are understood, alone and right behind a text
    of a kind: the median alone, the longest behind one, and how much later that is."""
    said = ordinary(catalogue, 400 * _BEHIND, "short").split(" ")
    short = [" ".join(said[at : at + 5]) for at in range(0, 10 * _BEHIND, 5)]
    alone = [await _answered(engine, text) for text in short[:_BEHIND]]
    behind = []
    for seed, text in enumerate(short[_BEHIND:]):
        first = asyncio.create_task(engine.parse(kinds(length, f"behind {seed}")[kind]))
        await asyncio.sleep(0)
        behind.append(await _answered(engine, text))
        await first
    ms, least = max(behind), median(alone)
    found = {"alone_ms": least, "behind_ms": ms, "median_behind_ms": median(behind)}
    return {"text": kind, **found, "later_ms": round(ms - least, 1)}


async def _answered(engine: Engine, text: str) -> float:
    began = time.perf_counter()
    await engine.parse(text)
    return round(1000 * (time.perf_counter() - began), 1)


def run(tasks: Answers, catalogue: Catalogue, length: int) -> dict[str, Any]:
    """Milliseconds of each kind of text by task, and the document around them."""

    @lru_cache(maxsize=1)
    def texts(seed: int) -> dict[str, str]:
        return {ORDINARY: ordinary(catalogue, length, seed), **kinds(length, seed)}

    facts = machine()
    for task in tasks.values():
        task("my number is 98480 12345")
    gc.collect()
    gc.freeze()
    times: dict[str, dict[str, float]] = {kind: {} for kind in texts(0)}
    rounds = [one for _ in range(_ROUNDS) for one in tasks.items()]
    with Progress(console=Console(stderr=True)) as bar:
        for seed, (name, task) in enumerate(bar.track(rounds, description="Measuring")):
            for kind, row in times.items():
                ms = _milliseconds(task, texts(seed)[kind])
                row[name] = min(ms, row.get(name, ms))
    worst = max(((ms, kind, name) for kind, row in times.items() for name, ms in row.items()))
    ratio = max(
        (ms / times[ORDINARY][name], kind, name)
        for kind, row in times.items()
        for name, ms in row.items()
    )
    return {
        "length": length,
        "ms": times,
        "worst": {"ms": worst[0], "text": worst[1], "task": worst[2]},
        "most_over_ordinary": {"ratio": round(ratio[0], 2), "text": ratio[1], "task": ratio[2]},
        "machine": facts,
    }


def _milliseconds(task: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    task(text)
    return round(1000 * (time.process_time() - began), 1)


def lines(document: dict[str, Any]) -> list[str]:
    """A row for each kind of text, the slowest first under the ordinary one."""
    times, worst, most = document["ms"], document["worst"], document["most_over_ordinary"]
    names = list(times[ORDINARY])
    rest = sorted(
        (kind for kind in times if kind != ORDINARY), key=lambda k: -max(times[k].values())
    )
    found = [" " * 26 + "".join(f"{name[:8]:>9}" for name in names)]
    for kind in (ORDINARY, *rest):
        found.append(f"{kind:26}" + "".join(f"{times[kind][name]:9.0f}" for name in names))
    found += [
        f"worst: {worst['ms']:.0f} ms, {worst['text']}, {worst['task']}",
        f"most over ordinary: {most['ratio']:.1f} times, {most['text']}, {most['task']}",
    ]
    late = document.get("meanwhile")
    if late:
        found.append(
            f"a short message behind {late['text']}: {late['later_ms']:.0f} ms later at most "
            f"({late['behind_ms']:.0f} ms, median {late['median_behind_ms']:.0f}; "
            f"alone {late['alone_ms']:.0f})"
        )
    return found


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark longest-text`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark longest-text",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--length", type=int, default=4096, help="characters of a text")
    parser.add_argument("--model", help="registry id; the live model if absent")
    parser.add_argument("--no-model", action="store_true", help="the forms only")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    catalogue, today = load_catalogue(ROOT / "data"), date.today()
    tasks: dict[str, Callable[[str], object]] = {}
    engine: Engine | None = None
    if not given.no_model:
        model = given.model or live_id(models_folder())
        if model is None:
            print("no live model; run `seva train`, or give --no-model", file=sys.stderr)
            return 1
        try:
            engine = loaded(model)
            tasks[PARSING] = understanding(engine)
        except FileNotFoundError as error:
            print(error, file=sys.stderr)
            return 1
    prepare(catalogue, today)
    document = run({**tasks, **answers(catalogue, today)}, catalogue, given.length)
    if engine is not None:
        strange = (kind for kind in document["ms"] if kind != ORDINARY)
        slowest = max(strange, key=lambda kind: document["ms"][kind][PARSING])
        document["meanwhile"] = asyncio.run(meanwhile(engine, slowest, catalogue, given.length))
    if given.json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print("\n".join([machine_line(document["machine"]), *lines(document)]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
