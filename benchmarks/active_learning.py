"""`seva benchmark active-learning`: how many labels it takes if the messages are chosen.

MASSIVE in Telugu, Hindi and English, each for itself. A model learns from some messages, chooses
those that are worth a label next (nlu/quality/selection.py), learns from them too, and so on; the
peer of the same run takes them at random. Both begin with the same random messages. Counted is how
many labels choosing needs for the accuracy that random has at the end, the mean of several draws.
Wanted: at most 60 %. `--plot FILE.html` draws both curves.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import command, pipeline
from benchmarks.datasets import massive
from benchmarks.intent_model import IntentModel, IntentSettings
from benchmarks.machine import machine
from nlu.joint.examples import Example
from nlu.quality.selection import most_worth

_WANTED = 0.6


def active_learning(
    data: Path, *, first: int, step: int, labels: int, draws: int
) -> command.Document:
    """Draws, learns, chooses, scores; the document that `--json` prints. Raises MissingData."""
    facts = machine()
    settings = IntentSettings.of(pipeline.settings("massive_few_shot"))
    vectors = pipeline.Vectors.configured()
    split = massive.scored_split(data)
    sizes = list(range(first, labels + 1, step))
    languages = {}
    for locale in massive.LOCALES:
        pool = _Pool(massive.read(data, locale, "train"), vectors, settings)
        scored = massive.read(data, locale, split)
        held = vectors.normalised([e.text for e in scored])
        curves: dict[str, list[list[float]]] = {"random": [], "chosen": []}
        for draw in range(draws):
            print(f"{locale}: draw {draw + 1} of {draws}", file=sys.stderr)
            for name, curve in curves.items():
                curve.append(list(pool.curve(name == "chosen", sizes, draw, scored, held)))
        means = {name: np.mean(curve, axis=0) for name, curve in curves.items()}
        needed = [
            reached(sizes, chosen, random[-1])
            for chosen, random in zip(curves["chosen"], curves["random"])
        ]
        languages[locale] = {
            "scored": len(scored),
            "random": [round(float(value), 4) for value in means["random"]],
            "chosen": [round(float(value), 4) for value in means["chosen"]],
            "needed": [None if one is None else round(one) for one in needed],
            "share": round(float(np.mean([(one or np.inf) / sizes[-1] for one in needed])), 3),
        }
    return {
        "split": split,
        "sizes": sizes,
        "draws": draws,
        "languages": languages,
        "wanted": _WANTED,
        "machine": facts,
    }


class _Pool:
    """Messages of one language that may be labelled."""

    def __init__(
        self, examples: Sequence[Example], vectors: pipeline.Vectors, settings: IntentSettings
    ) -> None:
        self._texts = np.array([e.text for e in examples], object)
        self._intents = np.array([e.intent for e in examples], object)
        self._vectors = vectors.normalised(list(self._texts))
        self._settings = settings

    def curve(
        self,
        choose: bool,
        sizes: Sequence[int],
        draw: int,
        scored: Sequence[Example],
        held: np.ndarray,
    ) -> Iterator[float]:
        """Accuracy (0 to 1) at each number of labels."""
        order = np.random.default_rng(draw).permutation(len(self._texts))
        known = order[: sizes[0]]
        texts, truth = [e.text for e in scored], [e.intent for e in scored]
        for at, size in enumerate(sizes):
            model = IntentModel.fit(
                list(self._texts[known]),
                list(self._intents[known]),
                self._vectors[known],
                self._settings,
            )
            yield float(np.mean([a == b for a, b in zip(model.predict(texts, held), truth)]))
            if at + 1 == len(sizes):
                return
            wanted = sizes[at + 1] - size
            rest = np.setdiff1d(order, known, assume_unique=True)
            if choose:
                chances = model.predict_proba(list(self._texts[rest]), self._vectors[rest])
                new = rest[most_worth(self._vectors[rest], chances, wanted, seed=draw)]
            else:
                new = rest[:wanted]
            known = np.concatenate([known, new])


def reached(sizes: Sequence[int], accuracy: Sequence[float], wanted: float) -> float | None:
    """The number of labels at which a curve reaches an accuracy for the first time, on the line
    between two points; None where it never does."""
    before: tuple[int, float] | None = None
    for size, now in zip(sizes, accuracy):
        if now >= wanted:
            if before is None:
                return float(size)
            return before[0] + (size - before[0]) * (wanted - before[1]) / (now - before[1])
        before = size, now
    return None


def lines(document: command.Document) -> Iterator[str]:
    """The table."""
    sizes, languages = document["sizes"], document["languages"]
    yield (
        f"MASSIVE, accuracy in percent on {document['split']}, mean of {document['draws']} draws; "
        "random / chosen"
    )
    yield f"{'labels':>8}" + "".join(f"{locale:>16}" for locale in languages)
    for at, size in enumerate(sizes):
        cells = (
            f"{100 * row['random'][at]:>9.1f} / {100 * row['chosen'][at]:.1f}"
            for row in languages.values()
        )
        yield f"{size:>8}" + "".join(f"{cell:>16}" for cell in cells)
    for locale, row in languages.items():
        name = f"{locale}: labels needed for random's last accuracy"
        yield command.beside_wanted(name, round(100 * row["share"], 1), 60, " %")


def page(document: command.Document) -> str:
    """Both curves of each language, as one HTML page."""
    from benchmarks.curves import curves_page

    sizes = document["sizes"]
    plots = {
        locale: {name: list(zip(sizes, row[name])) for name in ("random", "chosen")}
        for locale, row in document["languages"].items()
    }
    return curves_page("Active learning on MASSIVE", "labels", "accuracy", plots)


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark active-learning`."""
    parser = command.parser("active-learning", __doc__)
    parser.add_argument("--first", type=int, default=300, help="labels to begin with")
    parser.add_argument("--step", type=int, default=150, help="labels of one round")
    parser.add_argument("--labels", type=int, default=3000, help="labels at the end")
    parser.add_argument("--draws", type=int, default=5, help="how often from the beginning")
    parser.add_argument("--plot", type=Path, help="file for the curves, as HTML")
    given = parser.parse_args(list(argv))

    def run() -> command.Document:
        chosen: dict[str, Any] = {
            name: getattr(given, name) for name in ("first", "step", "labels", "draws")
        }
        document = active_learning(given.data, **chosen)
        if given.plot:
            given.plot.write_text(page(document), "utf-8")
        return document

    return command.finish(run, lines, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
