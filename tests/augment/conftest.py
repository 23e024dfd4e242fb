"""The real catalogue and its utterances, and copies of a sentence, for tests of augmentation."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from nlu.augment.segments import Writing, cut, join
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.catalogue.marks import parse_marks
from nlu.catalogue.model import Utterance

DATA = Path(__file__).resolve().parents[2] / "data"
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return shared_catalogue(DATA)


@pytest.fixture(scope="session")
def utterances(catalogue: Catalogue) -> dict[str, list[tuple[str, Utterance]]]:
    """Trained utterances of services by key, each with its service."""
    found: dict[str, list[tuple[str, Utterance]]] = {}
    for name, service in catalogue.services.items():
        for key, rows in service.utterances.items():
            found.setdefault(key, []).extend((name, row) for row in rows)
    return found


def utterance(source: str) -> Utterance:
    """A sentence with marks."""
    text, marks = parse_marks(source)
    return Utterance(text, marks, 0)


def texts(kind: object, source: str, key: str, draws: int = 200) -> set[str]:
    """What a kind makes of a marked sentence in so many draws."""
    pieces = cut(utterance(source))
    return {
        join(kind.vary(pieces, Writing(key), Random(draw)))[0]  # type: ignore[attr-defined]
        for draw in range(draws)
    }
