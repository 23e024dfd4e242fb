"""An issuer over a real log and registry in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from actions.documents.issue import Issued, Issuer

URL = "https://verify.example.gov.in"
BIRTH: Mapping[str, str] = {
    "certificate_number": "BC-VJA-2019-004512",
    "child_name": "సాయి తేజ",
    "date_of_birth": "14-05-2019",
    "place_of_birth": "విజయవాడ / विजयवाड़ा / Vijayawada",
    "mother_name": "लक्ष्मी",
    "father_name": "K. Srinivasa Rao",
}


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
