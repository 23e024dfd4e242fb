"""Two machines with one database: one signs the log and shows documents, the other issues them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from actions.documents.department_issuer import DepartmentIssuer
from actions.documents.issuer import Issuer, NotIssued, Reason
from actions.documents.keys import KeyRing
from actions.documents.registry import status
from actions.documents.server import create_app
from actions.documents.settings import key_store
from actions.transparency.commands import check_command
from nlu.storage import keys
from nlu.storage.database import DatabaseAway
from nlu.storage.postgres import PostgresDatabase
from tests.documents.conftest import BIRTH, URL
from tests.documents.link_reader import published_keys, verify_link
from tests.postgres import empty
from tests.served import served


@pytest.fixture(autouse=True)
def shared(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    empty(postgres)
    monkeypatch.setenv("SEVA_DATABASE_URL", postgres)
    monkeypatch.setenv("SEVA_DOCUMENTS_SEALING_KEY", keys.new_key())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The address of `seva documents serve` on the machine that has the log's key."""
    with served(create_app(tmp_path / "signer", URL)) as base:
        ring = Issuer.open(tmp_path / "signer", URL).keys
        ring.rotate("municipal", int(time.time()))
        yield base


def on_disk(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_what_one_issues_the_other_signs_and_shows(site: str, tmp_path: Path) -> None:
    issuer = Issuer.open(tmp_path / "other", URL)
    issued = issuer.issue("municipal", "birth_certificate", BIRTH, "k")
    state = httpx.get(f"{site}/c/{issued.id}/status").json()
    assert state["state"] == "valid" and state["log"]["index"] == 1
    known = published_keys(httpx.get(f"{site}/keys.json").json())
    assert not isinstance(verify_link(issued.qr, URL, known, int(time.time())), str)
    assert httpx.get(f"{site}/d/{issued.token}.pdf", timeout=60).content.startswith(b"%PDF")
    said: list[str] = []
    assert check_command(f"{site}/log", None, said.append) == 0, said
    issuer.revoke(issued.id, "by_order")
    assert httpx.get(f"{site}/c/{issued.id}/status").json()["state"] == "revoked"


def test_nothing_of_a_citizen_is_on_a_disk(site: str, tmp_path: Path) -> None:
    Issuer.open(tmp_path / "other", URL).issue("municipal", "birth_certificate", BIRTH, "k")
    assert on_disk(tmp_path / "other") == set()
    assert on_disk(tmp_path / "signer") <= {"log.key", "key", "lock", "signed", "signed.lock"}


def test_key_that_one_machine_withdraws_signs_on_none(site: str, tmp_path: Path) -> None:
    other = Issuer.open(tmp_path / "other", URL)
    (key,) = other.keys.public_keys()
    Issuer.open(tmp_path / "signer", URL).keys.withdraw(key.kid.hex(), int(time.time()))
    with pytest.raises(NotIssued) as caught:
        other.issue("municipal", "birth_certificate", BIRTH, "k")
    assert caught.value.reason is Reason.NO_KEY


def test_without_the_signer_a_document_waits(postgres: str, tmp_path: Path) -> None:
    """It is written down, and leaves once it is signed; it is the same one then."""
    signer = Issuer.open(tmp_path / "signer", URL, begin=True)
    signer.keys.rotate("municipal", int(time.time()))
    other = Issuer.open(tmp_path / "other", URL)
    other.event_log.log.patience_s = 0  # type: ignore[attr-defined]
    with pytest.raises(NotIssued, match="waits for its signature") as caught:
        other.issue("municipal", "birth_certificate", BIRTH, "k")
    assert caught.value.reason is Reason.NOT_RECORDED
    begun = other.registry.by_request("municipal", "k")
    assert begun is not None
    assert status(other.registry, other.event_log, begun.id)["log"] is None
    signer.event_log.log.sign()  # type: ignore[attr-defined]
    assert other.issue("municipal", "birth_certificate", BIRTH, "k").id == begun.id


def test_pages_say_that_the_database_is_away(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseAway("gone")

    monkeypatch.setattr(PostgresDatabase, "look", away)
    for path in ("health", "log/checkpoint", "log/tile/0/000.p/1", "c/0000000000000000/status"):
        assert httpx.get(f"{site}/{path}").status_code == 503, path


def test_action_server_begins_no_log(tmp_path: Path, postgres: str) -> None:
    """Its machine would become the signer without anybody's wish."""
    empty(postgres)
    ring = KeyRing(key_store(tmp_path))
    assert ring.public_keys() == []
    press = DepartmentIssuer(tmp_path / "other", URL)
    with pytest.raises(Exception, match="no log in the database yet"):
        press.open()
    assert press.checked(f"{URL}/c/0000000000000000#AA") is None
    assert on_disk(tmp_path) == set()
