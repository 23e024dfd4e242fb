"""The real catalogue and a fixed day for all slot tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nlu.catalogue import Catalogue, shared_catalogue

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return shared_catalogue(DATA)


@pytest.fixture(scope="session")
def today() -> date:
    return date(2026, 11, 25)  # a Wednesday
