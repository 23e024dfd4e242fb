"""`seva benchmark massive`: intents and slots of MASSIVE in Telugu, Hindi and English.

One model for the three languages, trained on DIR/{te-IN,hi-IN,en-US}.train.jsonl together. Scored
on *.test.jsonl where they are, with *.dev.jsonl for choices; else on dev, with every 60th message
of train (in all languages, as the messages are parallel) held back for choices. `--few-shot N` and
`--train-on en-US` run the few-shot and the cross-lingual protocol instead.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import command, full_profile, massive_cross_lingual, massive_few_shot, pipeline
from benchmarks.datasets import massive
from benchmarks.machine import machine
from benchmarks.tfidf import TfidfPeer
from nlu.joint.examples import Example, Span, normalised

_HELD_BACK = 60  # every so-manieth message of train, where dev is what is scored


def read(data: Path) -> tuple[list[Example], list[Example], dict[str, list[Example]], str]:
    """Normalised train, development and scored messages by locale, and the split scored."""
    split = massive.scored_split(data)
    train: list[Example] = []
    development: list[Example] = []
    scored = {}
    for locale in massive.LOCALES:
        rows = [normalised(e) for e in massive.read(data, locale, "train")]
        if split == "test":
            train += rows
            development += [normalised(e) for e in massive.read(data, locale, "dev")]
        else:
            train += [e for i, e in enumerate(rows) if i % _HELD_BACK]
            development += rows[::_HELD_BACK]
        scored[locale] = [normalised(e) for e in massive.read(data, locale, split)]
    return train, development, scored, split


def slot_f1(truth: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]) -> float:
    """Micro-averaged F1 of exact spans with their labels."""
    right = sum(len(set(a) & set(b)) for a, b in zip(truth, found))
    return 2 * right / max(1, sum(map(len, truth)) + sum(map(len, found)))


def run_full(
    data: Path,
    *,
    minutes: float,
    threads: int,
    changes: dict[str, Any],
    keep: Path | None,
    kept: Path | None = None,
) -> command.Document:
    """Trains and scores profile `full`; with the network in `kept`, only the n-grams."""
    facts = machine()
    train, development, scored, split = read(data)
    with tempfile.TemporaryDirectory() as work:
        folder = kept or keep or Path(work)
        if kept:
            model = full_profile.weighed(train, development, folder)
        else:
            model = full_profile.train(
                train,
                development,
                folder,
                minutes=minutes,
                threads=threads,
                say=lambda line, share: print(f"{share:4.0%} {line}", file=sys.stderr, flush=True),
                **changes,
            )
        print("Scoring", file=sys.stderr)
        found = {locale: _scores(model, rows, folder) for locale, rows in scored.items()}
    return {
        **found,
        "split": split,
        "profile": "full",
        "train_seconds": round(model.seconds, 1),
        "epochs": model.epochs,
        "threads": threads,
        "weights": {"network": model.weights.network, "ngrams": model.weights.ngrams},
        "peer": _peer(train, scored),
        "machine": facts,
    }


def _scores(model: full_profile.FullModel, rows: Sequence[Example], folder: Path) -> dict[str, Any]:
    from nlu.joint.model import JointModel

    texts, truth = [e.text for e in rows], [e.intent for e in rows]
    spans = [e.spans for e in rows]
    began = time.process_time()
    int8 = model.joint.understand(texts)
    took = time.process_time() - began
    exact = JointModel(folder / "float32").understand(texts)

    def accuracy(probabilities: np.ndarray) -> float:
        best = probabilities.argmax(axis=1)
        return round(float(np.mean([model.joint.intents[i] == t for i, t in zip(best, truth)])), 4)

    return {
        "intent_accuracy": accuracy(model.combined(texts, int8)),
        "slot_f1": round(slot_f1(spans, [one.spans for one in int8]), 4),
        "rows": len(rows),
        "network_alone": accuracy(np.stack([one.logits for one in int8])),
        "float32": {
            "intent_accuracy": accuracy(model.combined(texts, exact)),
            "slot_f1": round(slot_f1(spans, [one.spans for one in exact]), 4),
        },
        "network_cpu_ms": round(1000 * took / len(rows), 2),
    }


def run_fast(data: Path) -> command.Document:
    """Trains and scores profile `fast`: intents only, since its slots come from rules."""
    facts = machine()
    train, _, scored, split = read(data)
    vectors = pipeline.Vectors.configured()
    vectors.normalised([e.text for e in train])
    began = time.monotonic()
    model = pipeline.fit(train, vectors, pipeline.settings("massive"))
    took = time.monotonic() - began
    found = {
        locale: {
            "intent_accuracy": round(pipeline.accuracy(model, rows, vectors), 4),
            "slot_f1": None,
            "rows": len(rows),
        }
        for locale, rows in scored.items()
    }
    return {
        **found,
        "split": split,
        "profile": "fast",
        "train_seconds": round(took, 1),
        "peer": _peer(train, scored),
        "machine": facts,
    }


def _peer(train: Sequence[Example], scored: dict[str, list[Example]]) -> dict[str, Any]:
    """TF-IDF and a linear SVM for each language by itself, as such baselines are made."""
    found: dict[str, Any] = {"name": "TF-IDF + linear SVM, one model a language"}
    for locale, rows in scored.items():
        own = [e for e in train if e.language == locale]
        peer = TfidfPeer.fit([e.text for e in own], [e.intent for e in own])
        right = peer.accuracy([e.text for e in rows], [e.intent for e in rows])
        found[locale] = {"intent_accuracy": round(right, 4)}
    return found


def lines(document: command.Document) -> Iterator[str]:
    """The table."""
    published = pipeline.published("massive")
    yield (
        f"MASSIVE, profile {document['profile']}, scored on {document['split']}; "
        f"trained in {document['train_seconds'] / 60:.1f} min"
    )
    yield f"{'':12}{'intent':>8}{'slot F1':>9}{'float32':>9}{'TF-IDF':>8}{'ratio':>7}{'rows':>6}"
    for locale in massive.LOCALES:
        row, peer = document[locale], document["peer"][locale]["intent_accuracy"]
        slots = f"{100 * row['slot_f1']:9.1f}" if row["slot_f1"] is not None else f"{'-':>9}"
        exact = row.get("float32", {}).get("intent_accuracy")
        yield (
            f"{locale:12}{100 * row['intent_accuracy']:8.1f}{slots}"
            + (f"{100 * exact:9.1f}" if exact else f"{'-':>9}")
            + f"{100 * peer:8.1f}{row['intent_accuracy'] / peer:7.3f}{row['rows']:6}"
        )
    yield "published on test, each trained on full data (te / hi / en):"
    for name, values in published.items():
        yield f"  {name}: " + " / ".join(str(value) for value in values)


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark massive`."""
    parser = command.parser("massive", __doc__)
    parser.add_argument("--profile", choices=("fast", "full"), default="full")
    parser.add_argument("--minutes", type=float, default=55.0, help="longest training, full")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of torch")
    parser.add_argument("--epochs", type=int, help="passes over train, full")
    parser.add_argument("--keep", type=Path, help="folder to leave the trained network in")
    parser.add_argument("--kept", type=Path, help="score the network that --keep left there")
    parser.add_argument("--few-shot", type=int, metavar="N", help="N messages of each intent")
    parser.add_argument("--draws", type=int, default=10, help="draws of --few-shot")
    parser.add_argument("--train-on", choices=["en-US"], help="cross-lingual: train on this only")
    given = parser.parse_args(list(argv))
    shared = ["--data", str(given.data), *(["--json"] if given.json else [])]
    if given.few_shot:
        shots = ["--shots", str(given.few_shot), "--draws", str(given.draws)]
        return massive_few_shot.main([*shared, *shots])
    if given.train_on:
        return massive_cross_lingual.main(shared)
    if given.profile == "fast":
        return command.finish(lambda: run_fast(given.data), lines, as_json=given.json)
    changes = pipeline.own_settings("massive_full")
    if given.epochs:
        changes["epochs"] = given.epochs

    def run() -> command.Document:
        return run_full(
            given.data,
            minutes=given.minutes,
            threads=given.threads,
            changes=changes,
            keep=given.keep,
            kept=given.kept,
        )

    return command.finish(run, lines, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
