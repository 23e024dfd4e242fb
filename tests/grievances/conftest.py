"""The routing data of the repository, and a sealing key of the tests' own."""

from __future__ import annotations

import pytest

from actions.grievances.directory import GrievanceDirectory, load_directory
from tests.dialogue.conftest import DATA, catalogue, own_key

__all__ = ["catalogue", "own_key"]


@pytest.fixture(scope="session")
def directory() -> GrievanceDirectory:
    """The repository's."""
    return load_directory(DATA)
