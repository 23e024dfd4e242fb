"""An issuer over a real log and registry in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actions.documents.issuer import Issued, Issuer, open_log
from actions.documents.settings import registry_url
from actions.transparency.key_events import read_event
from tests.postgres import empty

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
    log = open_log(folder, URL).log
    found = [log.entry(index, log.size) for index in range(log.size)]
    return sum(read_event(entry) is None for entry in found)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same test with registry and log in files, and in PostgreSQL, whose tables are as new."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres")
        empty(url)
        monkeypatch.setenv("SEVA_DATABASE_URL", url)
    return str(request.param)


def rows(folder: Path, query: str) -> list[dict[str, Any]]:
    """Rows of the registry."""
    engine = sa.create_engine(registry_url(folder))
    with engine.connect() as db:
        found = [dict(row._mapping) for row in db.execute(sa.text(query))]
    engine.dispose()
    return found


def lose_registry(folder: Path) -> None:
    """Its tables are gone while processes have it open."""
    engine = sa.create_engine(registry_url(folder))
    with engine.begin() as db:
        for table in ("entries", "documents"):
            db.execute(sa.text(f"DROP TABLE {table}"))
    engine.dispose()


@pytest.fixture
def folder(tmp_path: Path, engine: str) -> Path:
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
