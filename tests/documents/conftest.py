"""An issuer over a real log and registry in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from actions.documents.issuer import Issued, Issuer
from actions.transparency.key_events import read_event
from actions.transparency.log import Log

URL = "https://verify.example.gov.in"
BIRTH: Mapping[str, str] = {
    "certificate_number": "BC-VJA-2019-004512",
    "child_name": "సాయి తేజ",
    "date_of_birth": "14-05-2019",
    "place_of_birth": "విజయవాడ / विजयवाड़ा / Vijayawada",
    "mother_name": "लक्ष्मी",
    "father_name": "K. Srinivasa Rao",
}


def acts(folder: Path) -> int:
    """Entries of the log about documents; the others announce keys."""
    log = Log.open(folder / "log")
    found = [log.folder.read_entry(index, log.size) for index in range(log.size)]
    return sum(read_event(entry) is None for entry in found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "documents"


@pytest.fixture
def issuer(folder: Path) -> Issuer:
    return Issuer.open(folder, URL, make_keys=True)


@pytest.fixture
def issue(issuer: Issuer) -> Callable[..., Issued]:
    """Issues a birth certificate; `key` and values may be given."""

    def one(key: str = "k", **values: str) -> Issued:
        return issuer.issue("municipal", "birth_certificate", {**BIRTH, **values}, key)

    return one
