"""Few-shot MASSIVE, as the Massive Text Embedding Benchmark (MTEB 1.38.9) does it.

Eight training messages of each intent are drawn, a classifier learns from them alone, and its
accuracy on the scored split is averaged over ten draws, each language for itself. In the same run
the peer: MTEB's own classifier, logistic regression of at most 100 steps, on the vectors of the
encoder as published. `seva benchmark massive --few-shot 8` does the same.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import command, pipeline
from benchmarks.datasets import massive
from benchmarks.machine import machine
from nlu.joint.examples import Example

_SEED = 42  # MTEB's


def few_shot(data: Path, shots: int = 8, draws: int = 10) -> command.Document:
    """Draws, trains, scores; the document that `--json` prints. Raises MissingData."""
    facts = machine()
    own = pipeline.settings("massive_few_shot")
    vectors = pipeline.Vectors.configured()
    frozen = pipeline.Vectors.of(own["peer_encoder"])
    split = massive.scored_split(data)
    languages = {}
    for locale in massive.LOCALES:
        train = massive.read(data, locale, "train")
        scored = massive.read(data, locale, split)
        drawn = [[train[i] for i in rows] for rows in draw(train, shots, draws)]
        print(f"{locale}: {draws} draws of {len(drawn[0])} messages", file=sys.stderr)
        vectors.normalised([e.text for rows in [*drawn, scored] for e in rows])
        ours = [
            pipeline.accuracy(pipeline.fit(rows, vectors, own), scored, vectors) for rows in drawn
        ]
        theirs = [logistic_regression(rows, scored, frozen) for rows in drawn]
        languages[locale] = {
            "scored": len(scored),
            "accuracy": _percent(np.mean(ours)),
            "deviation": _percent(np.std(ours)),
            "peer_accuracy": _percent(np.mean(theirs)),
            "peer_deviation": _percent(np.std(theirs)),
            "ratio": round(float(np.mean(ours) / np.mean(theirs)), 3),
        }
    return {
        "split": split,
        "shots": shots,
        "draws": draws,
        "languages": languages,
        "published": pipeline.published("massive_few_shot"),
        "machine": facts,
    }


def draw(examples: Sequence[Example], shots: int, draws: int) -> Iterator[list[int]]:
    """Indices of each draw, `shots` of every intent (or all it has), as MTEB's sampler finds them.

    The order of one draw is shuffled on for the next, so a draw depends on those before it.
    """
    random = np.random.RandomState(_SEED)
    order = np.arange(len(examples))
    for _ in range(draws):
        random.shuffle(order)
        seen: Counter[str] = Counter()
        rows = []
        for i in order:
            if seen[examples[i].intent] < shots:
                seen[examples[i].intent] += 1
                rows.append(int(i))
        yield rows


def logistic_regression(
    train: Sequence[Example], scored: Sequence[Example], vectors: pipeline.Vectors
) -> float:
    """Accuracy (0 to 1) of MTEB's classifier on the vectors of texts as they are."""
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression(max_iter=100, random_state=_SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 100 steps are the protocol, converged or not
        classifier.fit(vectors([e.text for e in train]), [e.intent for e in train])
    return float(classifier.score(vectors([e.text for e in scored]), [e.intent for e in scored]))


def lines(document: command.Document) -> Iterator[str]:
    """The table."""
    published = document["published"]
    yield (
        f"MASSIVE, {document['shots']} messages of each intent, mean of {document['draws']} draws; "
        f"scored on {document['split']} (published: on test)"
    )
    yield f"{'':34}" + "".join(f"{locale:>14}" for locale in document["languages"])
    rows = document["languages"].values()
    yield f"{'Seva, profile fast':34}" + "".join(_spread(r, "") for r in rows)
    yield f"{published['peer']:34}" + "".join(_spread(r, "peer_") for r in rows)
    for name, values in published["accuracy"].items():
        cells = "".join(f"{values[locale]:>14.1f}" for locale in document["languages"])
        yield f"{name + ', published':34}" + cells
    yield f"{'ratio to the peer of this run':34}" + "".join(f"{r['ratio']:>14}" for r in rows)


def _spread(row: command.Document, prefix: str) -> str:
    return f"{row[prefix + 'accuracy']:>8.1f} ± {row[prefix + 'deviation']:3.1f}"


def _percent(share: np.floating[Any]) -> float:
    return round(100 * float(share), 2)


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark massive-few-shot`, and for `massive --few-shot N`."""
    parser = command.parser("massive-few-shot", __doc__)
    parser.add_argument("--shots", type=int, default=8, help="messages of each intent")
    parser.add_argument("--draws", type=int, default=10, help="how often to draw them anew")
    given = parser.parse_args(list(argv))
    return command.finish(
        lambda: few_shot(given.data, given.shots, given.draws), lines, as_json=given.json
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
