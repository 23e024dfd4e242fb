"""Trains the language model that ships in `data/language`.

    python -m nlu.training.language_model --data ../shared/data

Softmax regression (L-BFGS). Every label weighs the same, however many messages it has, and the
catalogue's own messages count `CATALOGUE` times. Which language a code-mixed message of the
catalogue has, a first model says that has not seen those messages.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from random import Random

import numpy as np

from nlu.catalogue import Catalogue, load_catalogue
from nlu.catalogue.model import MIXED_KEY
from nlu.classifier.language import BUCKETS, MIX, LanguageModel, features
from nlu.paths import PROJECT
from nlu.text.romanisation import Romaniser
from nlu.training.language_corpus import ROMANISED, catalogue_rows, public_rows

SEED = 3
FOLDS = 5
CATALOGUE = 5.0
STRENGTH = 30.0  # inverse regularisation
ITERATIONS, FURTHER = 80, 40  # steps on public messages, then with the catalogue's

Row = tuple[tuple[np.ndarray, np.ndarray], str, float]
"""Features of a message, its label, its weight."""


class Regression:
    """Softmax regression that goes on from the weights of its last fit; deterministic."""

    def __init__(self) -> None:
        from sklearn.linear_model import LogisticRegression

        self._fitted = LogisticRegression(
            C=STRENGTH, multi_class="multinomial", warm_start=True, tol=1e-5
        )

    def fit(self, rows: Sequence[Row], iterations: int, provenance: str = "") -> LanguageModel:
        """At most so many steps of L-BFGS; all labels weigh the same."""
        from scipy import sparse

        pointers = np.cumsum([0] + [len(buckets) for (buckets, _), _, _ in rows])
        buckets = np.concatenate([buckets for (buckets, _), _, _ in rows]).astype(np.int32)
        values = np.concatenate([values for (_, values), _, _ in rows])
        matrix = sparse.csr_matrix((values, buckets, pointers), shape=(len(rows), BUCKETS))
        labels = np.asarray([label for _, label, _ in rows])
        weights = np.asarray([weight for _, _, weight in rows])
        names = sorted(set(labels))
        for name in names:
            weights[labels == name] *= len(rows) / len(names) / weights[labels == name].sum()
        self._fitted.max_iter = iterations
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it stops at `iterations`, as told
            self._fitted.fit(matrix, labels, weights)
        bias = self._fitted.intercept_
        return LanguageModel.quantised(tuple(names), self._fitted.coef_.T, bias, provenance)

    def copy(self) -> Regression:
        """Another that goes on from the same weights."""
        return deepcopy(self)


def own_rows(own: Sequence[tuple[str, str]], first: LanguageModel) -> list[Row]:
    """Rows of the catalogue's (label, text); `first` says what the code-mixed ones are."""
    return [
        (features(text), grammar(first, text) if label == MIXED_KEY else label, CATALOGUE)
        for label, text in own
    ]


def grammar(model: LanguageModel, text: str) -> str:
    """The label of a code-mixed message: the likelier of the languages that mix."""
    chances = dict(zip(model.labels, model.probabilities(text)))
    return max(
        (key + MIX for key in ROMANISED.values()),
        key=lambda k: chances[k] + chances[k[: -len(MIX)]],
    )


def left_out(
    public: Sequence[Row], own: Sequence[tuple[str, str, str]], folds: int = FOLDS
) -> Iterator[tuple[LanguageModel, list[tuple[str, str]]]]:
    """Models trained without the intents of a fold, and the fold's (label, text)."""
    regression = Regression()
    first = regression.fit(public, ITERATIONS)
    for fold in range(folds):
        inside = {name for name, _, _ in own if _fold(name, folds) == fold}
        kept = own_rows([row[1:] for row in own if row[0] not in inside], first)
        model = regression.copy().fit([*public, *kept], FURTHER)
        yield model, [row[1:] for row in own if row[0] in inside]


def _fold(intent: str, folds: int) -> int:
    return int(hashlib.sha256(intent.encode()).hexdigest(), 16) % folds


def source_hash(data: Path, catalogue: Catalogue) -> str:
    """Hash of the files trained on and of the catalogue."""
    digest = hashlib.sha256(catalogue.hash.encode())
    names = [f"massive/{x}.train.jsonl" for x in ("te-IN", "hi-IN", "en-US")]
    names += [f"dakshina/{x}.translit.sampled.train.tsv" for x in ROMANISED]
    for name in names:
        digest.update((data / name).read_bytes())
    return digest.hexdigest()


def load_romanisers(folder: Path) -> Mapping[str, Romaniser]:
    """One for each language that is written in Latin letters, too."""
    return {language: Romaniser.load(folder, language) for language in ROMANISED}


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and writes the model, or with `--folds` scores it on catalogue messages left out."""
    parser = argparse.ArgumentParser(
        prog="python -m nlu.training.language_model",
        description="Train the model of data/language from MASSIVE, Dakshina and the catalogue.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of dakshina and massive")
    parser.add_argument("--catalogue", type=Path, default=PROJECT / "data")
    parser.add_argument("--out", type=Path, default=PROJECT / "data" / "language" / "model.npz")
    parser.add_argument(
        "--folds", action="store_true", help="write nothing: five-fold scores on the catalogue"
    )
    given = parser.parse_args(arguments)
    catalogue = load_catalogue(given.catalogue)
    romanisers = load_romanisers(PROJECT / "data" / "romanisation")
    made = public_rows(given.data, romanisers, Random(SEED))
    public = [(features(text), label, 1.0) for label, texts in made.items() for text in texts]
    own = list(catalogue_rows(catalogue, romanisers, Random(SEED)))
    if given.folds:
        _print_folds(left_out(public, own))
        return 0
    provenance = {
        "made_by": "python -m nlu.training.language_model",
        "sha256": source_hash(given.data, catalogue),
        "messages": {label: len(texts) for label, texts in made.items()},
        "catalogue": len(own),
    }
    regression = Regression()
    rows = own_rows([row[1:] for row in own], regression.fit(public, ITERATIONS))
    model = regression.fit([*public, *rows], FURTHER, json.dumps(provenance))
    model.save(given.out)
    print(f"{given.out}: {given.out.stat().st_size} bytes, {', '.join(model.labels)}")
    return 0


def _print_folds(folds: Iterator[tuple[LanguageModel, list[tuple[str, str]]]]) -> None:
    """Accuracy by label; a code-mixed message is right when it is found to be mixed."""
    counts: Counter[str] = Counter()
    for model, rows in folds:
        for label, text in rows:
            best = model.labels[int(model.probabilities(text).argmax())]
            right = best.endswith(MIX) if label == MIXED_KEY else best.split(MIX)[0] == label
            counts[label] += 1
            counts[f"{label} right"] += right
            counts[f"{label} said to be mixed"] += best.endswith(MIX)
            if not right:
                print(f"  {label} taken for {best}: {text}", file=sys.stderr)
    for name, count in sorted(counts.items()):
        total = counts[name.split(" ")[0]]
        print(f"{name:28}{count:6}{100 * count / total:8.2f} %")


if __name__ == "__main__":
    sys.exit(main())
