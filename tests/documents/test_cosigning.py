"""`seva documents serve` keeps its log signed by the witnesses, over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from actions.documents.issuer import Issued, Issuer
from actions.documents.server import create_app
from actions.transparency.note import Note, Verifier
from actions.transparency.witness import Witness
from actions.transparency.witness import create_app as witness_app
from tests.documents.conftest import URL
from tests.served import served

Issue = Callable[..., Issued]
NAME = "treasury.example/witness"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def witness(issuer: Issuer, tmp_path: Path) -> Witness:
    return Witness.open(
        tmp_path / "witness", tmp_path / "witness.key", issuer.event_log.log.verifier, NAME
    )


@pytest.fixture
def web(folder: Path, witness: Witness) -> Iterator[TestClient]:
    with (
        served(witness_app(witness)) as address,
        TestClient(create_app(folder, URL, [NOWHERE, address], 0.05), base_url=URL) as client,
    ):
        yield client


def eventually(told: Callable[[], bool]) -> None:
    """What other threads do happens within half a minute."""
    for _ in range(600):
        if told():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def signed(web: TestClient, witness: Witness, document_id: str) -> bool:
    log = web.get(f"/c/{document_id}/status").json()["log"]
    return Note.parse(log["checkpoint"]).signature_of(witness.verifier) is not None


def test_proof_of_a_document_carries_the_signature_of_a_witness(
    web: TestClient, issue: Issue, witness: Witness
) -> None:
    issued = issue()
    eventually(lambda: signed(web, witness, issued.id))


def test_new_documents_are_signed_as_they_come_and_old_ones_stay_signed(
    web: TestClient, issue: Issue, witness: Witness
) -> None:
    first = issue("one")
    eventually(lambda: signed(web, witness, first.id))
    second = issue("two")
    assert signed(web, witness, first.id), "an entry behind it takes no signature away"
    eventually(lambda: signed(web, witness, second.id))


def test_keys_of_witnesses_are_published(web: TestClient, issue: Issue, witness: Witness) -> None:
    issue()
    eventually(lambda: bool(web.get("/keys.json").json()["witnesses"]))
    (line,) = web.get("/keys.json").json()["witnesses"]
    assert Verifier.parse(line) == witness.verifier


def test_log_without_witnesses_proves_by_its_own_signature(folder: Path, issue: Issue) -> None:
    issued = issue()
    with TestClient(create_app(folder, URL), base_url=URL) as web:
        assert web.get("/keys.json").json()["witnesses"] == []
        log = web.get(f"/c/{issued.id}/status").json()["log"]
    assert len(Note.parse(log["checkpoint"]).signatures) == 1
