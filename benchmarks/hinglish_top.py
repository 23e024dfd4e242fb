"""`seva benchmark hinglish-top`: top-level intents of Hindi-English commands in Latin letters.

Trains on DIR/train.tsv and scores DIR/test.tsv where it exists, else DIR/validation.tsv. Profile
`full` keeps every 12th command of train back, to weigh network and n-grams against each other.
A TF-IDF peer is trained and scored in the same run.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import command, full_profile, pipeline
from benchmarks.datasets import hinglish_top
from benchmarks.machine import machine
from benchmarks.tfidf import TfidfPeer
from nlu.joint.examples import Example, normalised

_HELD_BACK = 12  # every so-manieth command of train, in profile `full`


def run(data: Path, profile: str) -> command.Document:
    """Trains and scores both; the document that `--json` prints. Raises MissingData."""
    facts = machine()
    train = hinglish_top.read(data, "train")
    split = hinglish_top.scored_split(data)
    scored = hinglish_top.read(data, split)
    print(f"profile {profile}: {len(train)} commands", file=sys.stderr)
    ours, took = _full(train, scored) if profile == "full" else _fast(train, scored)
    print("peer: TF-IDF", file=sys.stderr)
    peer = TfidfPeer.fit([e.text for e in train], [e.intent for e in train])
    theirs = peer.accuracy([e.text for e in scored], [e.intent for e in scored])
    return {
        "split": split,
        "train": len(train),
        "scored": len(scored),
        "intents": len({e.intent for e in train}),
        "profile": profile,
        "accuracy": round(100 * ours, 2),
        "peer": {"name": "TF-IDF + linear SVM", "accuracy": round(100 * theirs, 2)},
        "ratio": round(ours / theirs, 3),
        "training_cpu_seconds": round(took, 1),
        "machine": facts,
    }


def _fast(train: Sequence[Example], scored: Sequence[Example]) -> tuple[float, float]:
    """Accuracy (0 to 1) and CPU seconds of training, encoding apart."""
    vectors = pipeline.Vectors.configured()
    vectors.normalised([e.text for e in train])
    began = time.process_time()
    model = pipeline.fit(train, vectors, pipeline.settings("hinglish_top"))
    took = time.process_time() - began
    return pipeline.accuracy(model, scored, vectors), took


def _full(train: Sequence[Example], scored: Sequence[Example]) -> tuple[float, float]:
    """The same of the fine-tuned network beside the n-grams."""
    rows = [normalised(e) for e in train]
    began = time.process_time()
    with tempfile.TemporaryDirectory() as work:
        model = full_profile.train(
            [e for i, e in enumerate(rows) if i % _HELD_BACK],
            rows[::_HELD_BACK],
            Path(work),
            threads=os.cpu_count() or 1,
            say=lambda line, share: print(f"{share:4.0%} {line}", file=sys.stderr, flush=True),
            **pipeline.own_settings("hinglish_top_full"),
        )
        took = time.process_time() - began
        found, _ = model.predict([normalised(e).text for e in scored])
    names = [model.joint.intents[i] for i in found.argmax(axis=1)]
    return sum(n == e.intent for n, e in zip(names, scored)) / len(scored), took


def lines(document: command.Document) -> Iterator[str]:
    """The table."""
    yield (
        f"Hinglish-TOP, {document['train']} commands of train, {document['intents']} intents; "
        f"scored on {document['split']} ({document['scored']})"
    )
    yield f"{'':32}{'accuracy':>9}"
    yield f"{'Seva, profile ' + document['profile']:32}{document['accuracy']:>9.2f}"
    yield f"{document['peer']['name']:32}{document['peer']['accuracy']:>9.2f}"
    yield f"ratio {document['ratio']}; training {document['training_cpu_seconds']} CPU seconds"


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark hinglish-top`."""
    parser = command.parser("hinglish-top", __doc__)
    parser.add_argument("--profile", choices=("fast", "full"), default="full")
    given = parser.parse_args(list(argv))
    return command.finish(lambda: run(given.data, given.profile), lines, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
