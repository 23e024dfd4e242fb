"""The routing data of the repository, and tables of sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from actions import sealing
from actions.grievances.directory import GrievanceDirectory, load_directory
from nlu.catalogue import Catalogue, shared_catalogue

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="package", autouse=True)
def own_key() -> Iterator[None]:
    """No key file is made in the project's var/."""
    before = os.environ.get("SEVA_SEALING_KEY")
    os.environ["SEVA_SEALING_KEY"] = Fernet.generate_key().decode()
    sealing._box.cache_clear()
    yield
    os.environ.pop("SEVA_SEALING_KEY")
    if before is not None:
        os.environ["SEVA_SEALING_KEY"] = before
    sealing._box.cache_clear()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The repository's."""
    return shared_catalogue(DATA)


@pytest.fixture(scope="session")
def directory() -> GrievanceDirectory:
    """The repository's."""
    return load_directory(DATA)
