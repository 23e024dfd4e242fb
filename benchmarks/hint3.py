"""`seva benchmark hint3`: real messages to three Indian customer service bots, half out of scope.

Trains on DIR/train/<bot>_train.csv (with --subset on <bot>_subset_train.csv) and scores
DIR/test/<bot>_test.csv where it exists. Without a test file: five-fold cross-validation on the
training set, and a second one that hides a fifth of the intents to stand for what is out of scope.
A TF-IDF peer is trained and scored in the same run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import command, held_out, pipeline
from benchmarks.datasets import hint3
from benchmarks.machine import machine
from benchmarks.rejection import at_threshold, best, sweep
from benchmarks.tfidf import TfidfPeer
from nlu.joint.examples import Example


def classifier(vectors: pipeline.Vectors, own: Mapping[str, Any]) -> held_out.Classifier:
    """Profile `fast`; its confidence is the absolute one (`IntentModel.evidence`)."""

    def answer(train: Sequence[Example], texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
        model = pipeline.fit(train, vectors, own)
        return _likeliest(model.labels, model.evidence(texts, vectors.normalised(texts)))

    return answer


def peer(train: Sequence[Example], texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """TF-IDF and logistic regression, whose confidence is its probability."""
    model = TfidfPeer.fit([e.text for e in train], [e.intent for e in train], probabilities=True)
    return _likeliest(model.labels, model.predict_proba(texts))


def run(data: Path, *, subset: bool) -> command.Document:
    """All bots; the document that `--json` prints. Raises MissingData."""
    facts = machine()
    own = pipeline.settings("hint3")
    vectors = pipeline.Vectors.configured()
    ours = classifier(vectors, own)
    bots = {}
    for bot in hint3.bots(data):
        print(bot, file=sys.stderr)
        train = hint3.read_train(data, bot, subset=subset)
        test = hint3.read_test(data, bot)
        bots[bot] = {
            "train": len(train),
            "scored": len(test or train),
            "split": "test" if test else "cross-validation on train",
            "seva": _scored(ours, train, test, own["threshold"]),
            "peer": _scored(peer, train, test, own["threshold"]),
        }
    return {
        "training_set": "subset" if subset else "full",
        "threshold": own["threshold"],
        "bots": bots,
        "peer": "TF-IDF + logistic regression",
        "published": pipeline.published("hint3"),
        "machine": facts,
    }


def _scored(
    used: held_out.Classifier,
    train: Sequence[Example],
    test: Sequence[Example] | None,
    threshold: float,
) -> command.Document:
    """In-scope accuracy at 0.1 in per cent, Matthews coefficients, the whole sweep in shares."""
    inside = held_out.answered(used, train, test) if test else held_out.cross_validated(used, train)
    outside = inside if test else held_out.hidden_intents(used, train, hint3.OUT_OF_SCOPE)
    points = sweep(outside.truth, outside.found, outside.confidence, hint3.OUT_OF_SCOPE)
    lowest = sweep(inside.truth, inside.found, inside.confidence, hint3.OUT_OF_SCOPE)[0]
    chosen = at_threshold(
        outside.truth, outside.found, outside.confidence, hint3.OUT_OF_SCOPE, threshold
    )
    return {
        "in_scope_accuracy": round(100 * lowest.in_scope_accuracy, 1),
        "matthews_best": round(best(points).matthews, 3),
        "matthews_best_threshold": best(points).threshold,
        "matthews_at_threshold": round(chosen.matthews, 3),
        "sweep": [asdict(point) for point in points],
    }


def _likeliest(labels: Sequence[str], probabilities: np.ndarray) -> tuple[list[str], np.ndarray]:
    return [labels[i] for i in probabilities.argmax(axis=1)], probabilities.max(axis=1)


def lines(document: command.Document) -> Iterator[str]:
    """A table per bot and its sweep."""
    published = document["published"]
    for bot, result in document["bots"].items():
        yield ""
        yield (
            f"{bot}: {result['train']} messages of the {document['training_set']} training set, "
            f"scored on {result['scored']} ({result['split']})"
        )
        at = document["threshold"]
        yield f"{'':36}{'in-scope at 0.1':>16}{'best MCC':>10}{f'MCC at {at}':>12}"
        for name, key in (("Seva, profile fast", "seva"), (document["peer"], "peer")):
            row = result[key]
            yield (
                f"{name:36}{row['in_scope_accuracy']:>16.1f}{row['matthews_best']:>10.3f}"
                f"{row['matthews_at_threshold']:>12.3f}"
            )
        for name, values in published["in_scope_accuracy"].items():
            if bot in values:
                matthews = published["matthews"][name][bot]
                yield f"{name + ', published on test':36}{values[bot]:>16.1f}{matthews:>10.3f}"
        yield f"{'threshold':>12}{'in-scope':>10}{'OOS recall':>12}{'MCC':>8}"
        for point in result["seva"]["sweep"]:
            recall = point["oos_recall"]
            yield (
                f"{point['threshold']:>12}{100 * point['in_scope_accuracy']:>10.1f}"
                f"{'-' if recall is None else f'{100 * recall:.1f}':>12}{point['matthews']:>8.3f}"
            )


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark hint3`."""
    parser = command.parser("hint3", __doc__)
    parser.add_argument("--subset", action="store_true", help="train on the smaller training sets")
    given = parser.parse_args(list(argv))
    return command.finish(lambda: run(given.data, subset=given.subset), lines, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
