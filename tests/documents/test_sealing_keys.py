"""The keys that seal the registry follow each other like those of what citizens told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from actions.documents.issuer import Issued, Issuer
from actions.documents.registry import NotRecorded
from actions.documents.settings import sealing_keys
from nlu.commands.keys import app as keys
from nlu.storage.keys import key_place, read_keys
from nlu.storage.sealing import NOTICED_AFTER
from tests.documents.conftest import BIRTH, URL


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    monkeypatch.delenv("SEVA_SEALING_KEY", raising=False)
    monkeypatch.delenv("SEVA_DOCUMENTS_SEALING_KEY", raising=False)

    def one(command: str) -> str:
        done = CliRunner().invoke(keys, [command], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return one


def sealed_by(folder: Path, issuer: Issuer, issued: Issued) -> bool:
    """Whether the newest key alone opens what is stored of a document."""
    token = issuer.registry.by_id(issued.id).sealed
    return bool(Fernet(read_keys(sealing_keys(folder)).sealing[0]).decrypt(token.encode()))


@pytest.mark.slow
def test_documents_outlive_their_sealing_key(
    run: Callable[[str], str], folder: Path, issuer: Issuer, issue: Callable[..., Issued]
) -> None:
    """A process that has run all the while serves them, and the same wish is the same document."""
    first = issue("first")
    old = read_keys(sealing_keys(folder)).sealing[0]
    assert "documents    1 rows" in run("rotate")
    assert sealed_by(folder, issuer, first)
    then = time.time() - NOTICED_AFTER - 1
    for place in (key_place(), sealing_keys(folder)):
        os.utime(place.file, (then, then))
    assert str(sealing_keys(folder).file) in run("drop")
    assert old not in sealing_keys(folder).file.read_text()
    for one in (issuer, Issuer.open(folder, URL)):
        assert one.issue("municipal", "birth_certificate", BIRTH, "first") == first
        name, pdf = one.pdf(first.token) or ("", b"")
        assert name == first.filename and pdf.startswith(b"%PDF")
    assert "1 rows, 0 by older keys, 0 unreadable" in run("check")


@pytest.mark.slow
def test_document_without_its_key_says_so_and_waits(
    folder: Path, issue: Callable[..., Issued], monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = issue("k")
    monkeypatch.setenv("SEVA_DOCUMENTS_SEALING_KEY", Fernet.generate_key().decode())
    with pytest.raises(NotRecorded, match="cannot be read"):
        Issuer.open(folder, URL).pdf(issued.token)
    monkeypatch.delenv("SEVA_DOCUMENTS_SEALING_KEY")
    assert Issuer.open(folder, URL).pdf(issued.token)


def test_keys_of_documents_open_nothing_of_citizens(
    run: Callable[[str], str], folder: Path, issue: Callable[..., Issued]
) -> None:
    issue("k")
    said = run("list")
    assert str(key_place().file) in said and str(sealing_keys(folder).file) in said
    assert set(read_keys(key_place()).sealing).isdisjoint(read_keys(sealing_keys(folder)).sealing)
