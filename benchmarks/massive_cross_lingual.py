"""Cross-lingual MASSIVE: trained on English alone, scored on Telugu and Hindi.

The peer of the same run is logistic regression on the vectors of the encoder as published.
`seva benchmark massive --train-on en-US` does the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import command, pipeline
from benchmarks.datasets import massive
from benchmarks.machine import machine
from benchmarks.massive_few_shot import logistic_regression


def cross_lingual(data: Path, trained: str = "en-US") -> command.Document:
    """Trains on one locale, scores the others; what `--json` prints. Raises MissingData."""
    facts = machine()
    own = pipeline.settings("massive_cross_lingual")
    vectors = pipeline.Vectors.configured()
    frozen = pipeline.Vectors.of(own["peer_encoder"])
    train = massive.read(data, trained, "train")
    split = massive.scored_split(data)
    print(f"{trained}: {len(train)} messages", file=sys.stderr)
    vectors.normalised([e.text for e in train])
    began = time.process_time()
    model = pipeline.fit(train, vectors, own)
    took = time.process_time() - began
    languages = {}
    for locale in massive.LOCALES:
        if locale == trained:
            continue
        scored = massive.read(data, locale, split)
        ours = pipeline.accuracy(model, scored, vectors)
        print(f"{locale}: peer", file=sys.stderr)
        theirs = logistic_regression(train, scored, frozen)
        languages[locale] = {
            "scored": len(scored),
            "accuracy": round(100 * ours, 2),
            "peer_accuracy": round(100 * theirs, 2),
            "ratio": round(ours / theirs, 3),
        }
    return {
        "trained": trained,
        "split": split,
        "languages": languages,
        "training_cpu_seconds": round(took, 1),
        "published": pipeline.published("massive_cross_lingual"),
        "machine": facts,
    }


def lines(document: command.Document) -> Iterator[str]:
    """The table."""
    published = document["published"]
    languages = document["languages"]
    yield (
        f"MASSIVE, trained on {document['trained']} only; "
        f"scored on {document['split']} (published: on test)"
    )
    yield f"{'':34}" + "".join(f"{locale:>9}" for locale in languages)
    for name, key in (("Seva, profile fast", "accuracy"), (published["peer"], "peer_accuracy")):
        yield f"{name:34}" + "".join(f"{row[key]:>9.1f}" for row in languages.values())
    for name, values in published["accuracy"].items():
        cells = "".join(f"{values.get(locale, float('nan')):>9.1f}" for locale in languages)
        yield f"{name + ', published':34}" + cells
    ratios = "".join(f"{row['ratio']:>9}" for row in languages.values())
    yield f"{'ratio to the peer of this run':34}" + ratios
    yield f"training {document['training_cpu_seconds']} CPU seconds"


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark massive-cross-lingual` and `massive --train-on en-US`."""
    parser = command.parser("massive-cross-lingual", __doc__)
    parser.add_argument("--trained", default="en-US", help="the locale to train on")
    given = parser.parse_args(list(argv))
    return command.finish(
        lambda: cross_lingual(given.data, given.trained), lines, as_json=given.json
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
