"""`seva benchmark language-id`: Telugu, Hindi or English, in native script and in Latin letters.

Scores the shipped model (data/language), without a citizen's history, on the sentences of Dakshina
(DIR/dakshina, or DIR itself: test where it is there, else dev) and the English messages of MASSIVE
(DIR/massive, or beside DIR: likewise). No sentence of those is trained on. A TF-IDF peer learns
from the same made messages where DIR holds the train files of both.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import median

from benchmarks import command
from benchmarks.datasets import dakshina, massive
from benchmarks.machine import machine
from nlu.classifier.language import MIX, LanguageIdentifier
from nlu.text.romanisation import Romaniser
from nlu.training.language_corpus import LOCALES, ROMANISED, plain, public_rows, read_massive

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "data" / "language" / "model.npz"
ENGLISH = "en"
TIMED = 2000

Labelled = list[tuple[str, str]]
"""(key, text)."""


def read(data: Path) -> tuple[str, Labelled, Labelled]:
    """Name of the split, then native and romanised sentences, English in both."""
    split = dakshina.scored_split(data)
    folder = _massive(data)
    english_split = massive.scored_split(folder, "en-US")
    english = [(ENGLISH, e.text) for e in massive.read(folder, "en-US", english_split)]
    native, romanised = (
        [
            (language + suffix, text)
            for language in dakshina.LANGUAGES
            for text in dakshina.sentences(data, language, split, script)
        ]
        + english
        for script, suffix in (("native", ""), ("roman", "-Latn"))
    )
    named = split if split == english_split else f"{split} (English: {english_split})"
    return named, native, romanised


def _massive(data: Path) -> Path:
    beside = dakshina.folder(data).parent / "massive"
    return beside if beside.is_dir() else data / "massive"


def score(guess: Callable[[str], str], rows: Labelled) -> tuple[float, Counter[str], Counter[str]]:
    """Accuracy (0 to 1), sentences of each key, and how many of them were right."""
    every = Counter(key for key, _ in rows)
    right = Counter(key for key, text in rows if guess(text) == key)
    return sum(right.values()) / len(rows), every, right


def milliseconds(identifier: LanguageIdentifier, texts: Sequence[str]) -> float:
    """Median CPU time of a guess."""
    taken = []
    for text in texts:
        began = time.process_time_ns()
        identifier.guess(text)
        taken.append((time.process_time_ns() - began) / 1e6)
    return median(taken)


def run(data: Path) -> command.Document:
    """Scores both; the document that `--json` prints. Raises MissingData."""
    facts = machine()
    split, native, romanised = read(data)
    identifier = shipped()
    texts = [text for _, text in romanised]
    timed = Random(0).sample(texts, min(TIMED, len(texts)))
    document = {
        "split": split,
        **_scores(lambda text: identifier.guess(text).key, native, romanised),
        "ms_p50": round(milliseconds(identifier, timed), 3),
        "model_bytes": MODEL.stat().st_size,
        "peer": _peer(data, native, romanised),
        "machine": facts,
    }
    return document


def shipped() -> LanguageIdentifier:
    """As the component of config.yml uses it."""
    from nlu.components.language_identifier import LanguageAndScript, identifier
    from nlu.fast_yaml import load_yaml

    pipeline = load_yaml((ROOT / "config.yml").read_text("utf-8"))["pipeline"]
    given = next(step for step in pipeline if step["name"].endswith(LanguageAndScript.__name__))
    return identifier({**LanguageAndScript.get_default_config(), **given})


def _scores(guess: Callable[[str], str], native: Labelled, romanised: Labelled) -> command.Document:
    in_script, every, right = score(guess, native)
    in_latin, every_latin, right_latin = score(guess, romanised)
    every, right = every | every_latin, right | right_latin
    return {
        "native": {"accuracy": round(100 * in_script, 2), "rows": len(native)},
        "romanised": {"accuracy": round(100 * in_latin, 2), "rows": len(romanised)},
        "by_class": {
            key: {"recall": round(100 * right[key] / count, 2), "rows": count}
            for key, count in every.items()
        },
    }


def key_rows(data: Path, romanisers: Mapping[str, Romaniser], random: Random) -> Labelled:
    """What our model learns from, for a peer that knows no scripts: native messages, too."""
    rows = [
        (label.split(MIX)[0], text)
        for label, texts in public_rows(data, romanisers, random).items()
        for text in texts
    ]
    for language in ROMANISED:
        marked = read_massive(data, LOCALES[language]).values()
        rows += [(language, plain(text)) for text in marked]
    return rows


def _peer(data: Path, native: Labelled, romanised: Labelled) -> command.Document | None:
    """TF-IDF of characters and logistic regression; None where the train files are not there."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from nlu.training.language_model import load_romanisers

    folder = _massive(data).parent
    try:
        rows = key_rows(folder, load_romanisers(ROOT / "data" / "romanisation"), Random(0))
    except FileNotFoundError:
        return None
    print(f"peer: learning from {len(rows)} messages", file=sys.stderr)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    classifier = LogisticRegression(C=10, solver="liblinear", random_state=0)
    pipeline = make_pipeline(letters, classifier)
    pipeline.fit([text for _, text in rows], [key for key, _ in rows])
    texts = [text for _, text in [*native, *romanised]]
    guesses = dict(zip(texts, pipeline.predict(texts)))
    return {
        "name": "TF-IDF char_wb 1-4 + logistic regression",
        **_scores(guesses.__getitem__, native, romanised),
    }


def lines(document: command.Document) -> Iterator[str]:
    """The table."""
    yield (
        f"Language of {document['native']['rows']} native and {document['romanised']['rows']} "
        f"romanised sentences, {document['split']}"
    )
    keys = list(document["by_class"])
    yield f"{'':44}{'native':>8}{'romanised':>11}" + "".join(f"{key:>9}" for key in keys)
    for name, row in (("Seva", document), *((p["name"], p) for p in [document["peer"]] if p)):
        recalls = "".join(f"{row['by_class'][key]['recall']:>9.2f}" for key in keys)
        accuracies = f"{row['native']['accuracy']:>8.2f}{row['romanised']['accuracy']:>11.2f}"
        yield f"{name:44}{accuracies}{recalls}"
    yield f"{document['ms_p50']} ms of CPU (median); model {document['model_bytes']} bytes"


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark language-id`."""
    given = command.parser("language-id", __doc__).parse_args(list(argv))
    return command.finish(lambda: run(given.data), lines, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
