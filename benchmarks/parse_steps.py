"""`seva benchmark parse-steps`: where the milliseconds of a message go, step by step.

Loads a model in this process, one thread, and times each step of Rasa's graph on the catalogue's
hold-out messages, one by one, none twice. Then the whole: `Engine.parse` with the event loop, and
the answer as JSON. Times are wall clock, median and 99th percentile; the limit is the encoder's
pass alone, which no router over this encoder can undercut.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from nlu.catalogue import load_catalogue
from nlu.paths import models_folder
from nlu.registry import live_id
from nlu.training.evaluate import holdout

ROOT = Path(__file__).resolve().parents[1]
WARM = 50
Times = dict[str, list[float]]


async def run(model: str, most: int) -> dict[str, Any]:
    """The document that `--json` prints. Raises FileNotFoundError when the model is not there."""
    from rasa.core.channels.channel import UserMessage

    from api.json_answer import json_response
    from nlu.engine.rasa_engine import Engine

    facts = machine()
    catalogue = load_catalogue(ROOT / "data")
    texts = list(dict.fromkeys(row.text for row in holdout(catalogue)))[: most + WARM]
    engine = await Engine.load(models_folder() / model, data_dir=ROOT / "data")
    for text in texts[:WARM]:
        await engine.parse(text)
    steps: Times = defaultdict(list)
    for text in texts[WARM:]:
        began = time.perf_counter()
        for name, _ in engine.path.steps([UserMessage(text, sender_id="steps")]):
            now = time.perf_counter()
            steps[_short(name)].append(1000 * (now - began))
            began = now
    whole: Times = defaultdict(list)
    for text in texts[WARM:]:
        began = time.perf_counter()
        answer = await engine.parse(text)
        parsed = time.perf_counter()
        json_response(answer)
        whole["Engine.parse"].append(1000 * (parsed - began))
        whole["answer as JSON"].append(1000 * (time.perf_counter() - parsed))
    return {
        "model": model,
        "messages": len(texts) - WARM,
        "steps": {name: _row(times) for name, times in steps.items()},
        "whole": {name: _row(times) for name, times in whole.items()},
        "machine": facts,
    }


def _short(name: str) -> str:
    """`run_nlu.components.tokenizer.IndicTokenizer0` is IndicTokenizer."""
    return name.removeprefix("run_").rsplit(".", 1)[-1].rstrip("0123456789")


def _row(times: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {"p50_ms": round(cuts[49], 3), "p99_ms": round(cuts[98], 3)}


def lines(document: dict[str, Any]) -> list[str]:
    """The table; shares are of the sum of the medians."""
    total = sum(row["p50_ms"] for row in document["steps"].values())
    found = [
        f"{document['model']}, {document['messages']} messages, {document['machine']['cpu']}",
        f"{'':28}{'p50 ms':>9}{'p99 ms':>9}{'share':>8}",
    ]
    for name, row in document["steps"].items():
        share = f"{row['p50_ms'] / total:8.0%}"
        found.append(f"{name:28}{row['p50_ms']:9.3f}{row['p99_ms']:9.3f}{share}")
    found += [
        f"{name:28}{row['p50_ms']:9.3f}{row['p99_ms']:9.3f}"
        for name, row in document["whole"].items()
    ]
    return found


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark parse-steps`."""
    parser = argparse.ArgumentParser(prog="seva benchmark parse-steps", description=__doc__)
    parser.add_argument("--model", help="registry id; the live model if absent")
    parser.add_argument("--messages", type=int, default=500, help="how many to time")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    model = given.model or live_id(models_folder())
    if model is None:
        print("no live model; run `seva train`, or name one with --model", file=sys.stderr)
        return 1
    try:
        document = asyncio.run(run(model, given.messages))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print("\n".join(lines(document)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
