"""The real catalogue and its utterances, shared by the tests of augmentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue import Catalogue, shared_catalogue
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
