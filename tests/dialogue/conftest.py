"""The real catalogue, a fixed day, and a sealing key of the tests' own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from actions.dialogue.form import Form
from actions.dialogue.settings import load_settings
from nlu.catalogue import Catalogue, shared_catalogue
from tests.dialogue.talk import TODAY, Talk

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="package", autouse=True)
def own_key() -> Iterator[None]:
    """No key file is made in the project's var/."""
    before = os.environ.get("SEVA_SEALING_KEY")
    os.environ["SEVA_SEALING_KEY"] = Fernet.generate_key().decode()
    yield
    os.environ.pop("SEVA_SEALING_KEY")
    if before is not None:
        os.environ["SEVA_SEALING_KEY"] = before


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """data/ as it is."""
    return shared_catalogue(DATA)


@pytest.fixture(scope="session")
def form(catalogue: Catalogue) -> Form:
    """The generic form on a Wednesday."""
    return Form(catalogue, load_settings(DATA), TODAY)


@pytest.fixture()
def talk(form: Form) -> Talk:
    """A new citizen."""
    return Talk(form)
