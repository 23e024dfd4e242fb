"""`seva benchmark hinglish-top`: top-level intents of Hindi-English commands in Latin letters.

Trains on DIR/train.tsv and scores DIR/test.tsv where it exists, else DIR/validation.tsv.
A TF-IDF peer is trained and scored in the same run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import command, pipeline
from benchmarks.datasets import hinglish_top
from benchmarks.machine import machine
from benchmarks.tfidf import TfidfPeer


def run(data: Path) -> command.Document:
    """Trains and scores both; the document that `--json` prints. Raises MissingData."""
    facts = machine()
    train = hinglish_top.read(data, "train")
    split = hinglish_top.scored_split(data)
    scored = hinglish_top.read(data, split)
    vectors = pipeline.Vectors.configured()
    print(f"profile fast: {len(train)} commands", file=sys.stderr)
    vectors.normalised([e.text for e in train])
    began = time.process_time()
    model = pipeline.fit(train, vectors, pipeline.settings("hinglish_top"))
    took = time.process_time() - began
    ours = pipeline.accuracy(model, scored, vectors)
    print("peer: TF-IDF", file=sys.stderr)
    peer = TfidfPeer.fit([e.text for e in train], [e.intent for e in train])
    theirs = peer.accuracy([e.text for e in scored], [e.intent for e in scored])
    return {
        "split": split,
        "train": len(train),
        "scored": len(scored),
        "intents": len(model.labels),
        "profile": "fast",
        "accuracy": round(100 * ours, 2),
        "peer": {"name": "TF-IDF + linear SVM", "accuracy": round(100 * theirs, 2)},
        "ratio": round(ours / theirs, 3),
        "training_cpu_seconds": round(took, 1),
        "machine": facts,
    }


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
    given = command.parser("hinglish-top", __doc__).parse_args(list(argv))
    return command.finish(lambda: run(given.data), lines, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
