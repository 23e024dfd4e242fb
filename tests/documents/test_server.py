"""The public side: keys, status, PDFs, page and log from one app."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from actions.documents.credential import Claims, new_id
from actions.documents.issuer import Issued, Issuer
from actions.documents.server import create_app
from actions.documents.settings import key_store
from tests.documents.conftest import BIRTH, URL, lose_registry
from tests.documents.link_reader import published_keys, verify_link

Issue = Callable[..., Issued]


@pytest.fixture
def web(folder: Path, issuer: Issuer) -> Iterator[TestClient]:
    with TestClient(create_app(folder, URL), base_url=URL) as client:
        yield client


def test_published_keys_verify_a_document(web: TestClient, issue: Issue) -> None:
    issued = issue()
    answer = web.get("/keys.json")
    assert answer.json()["fetched_for"] == URL
    keys = published_keys(answer.json())
    assert isinstance(verify_link(issued.qr, URL, keys, answer.json()["issued_at"]), Claims)


def test_private_keys_are_not_published(web: TestClient, folder: Path, issue: Issue) -> None:
    issue()
    store = key_store(folder)
    (facts,) = store.published()
    secret = store.private(facts).decode().splitlines()[1]
    assert secret not in web.get("/keys.json").text


def test_status_follows_a_document_through_its_life(
    web: TestClient, issuer: Issuer, issue: Issue
) -> None:
    old, void = issue("one"), issue("two")
    assert web.get(f"/c/{old.id}/status").json()["state"] == "valid"
    new = issuer.reissue(old.id)
    issuer.revoke(void.id, "by_order")
    states = {one: web.get(f"/c/{one}/status").json() for one in (old.id, new.id, void.id)}
    assert [found["state"] for found in states.values()] == ["replaced", "valid", "revoked"]
    assert states[old.id]["replaced_by"] == new.id
    assert states[void.id]["reason"]["en"] == "by order of a higher office or a court"


def test_unknown_and_odd_ids_are_unknown(web: TestClient) -> None:
    for document_id in (new_id(), "x", "<b>", "%00", "a" * 3000):
        answer = web.get(f"/c/{document_id}/status")
        assert (answer.status_code, answer.json()["state"]) == (200, "unknown")


def test_status_holds_no_personal_data(web: TestClient, issue: Issue) -> None:
    text = web.get(f"/c/{issue().id}/status").text
    assert [value for value in BIRTH.values() if value in text] == []


def test_proof_has_the_current_checkpoint(web: TestClient, issue: Issue) -> None:
    """Issued by another opening of the log than the server's."""
    issued = [issue(str(n)) for n in range(5)][2]
    proof = web.get(f"/c/{issued.id}/status").json()["log"]
    assert (proof["index"], proof["size"]) == (3, 6)
    assert proof["checkpoint"] == web.get("/log/checkpoint").text
    assert web.get("/log/key").text.startswith("verify.example.gov.in/log+")


def test_pdf_is_given_to_who_knows_the_secret(web: TestClient, issue: Issue) -> None:
    issued = issue()
    assert issued.url.startswith(f"{URL}/d/")
    answer = web.get(issued.url)
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    assert issued.filename in answer.headers["content-disposition"]


def test_file_name_in_telugu_does_not_break_the_header(web: TestClient, issuer: Issuer) -> None:
    name = 'పత్రం"\r\nX: y.pdf'
    issued = issuer.issue("municipal", "birth_certificate", BIRTH, "k", filename=name)
    answer = web.get(issued.url)
    assert answer.status_code == 200
    assert "x" not in answer.headers


@pytest.mark.parametrize("token", ["x", "", "../keys", "a" * 500])
def test_guessed_pdf_is_not_found(web: TestClient, token: str) -> None:
    assert web.get(f"/d/{token}.pdf").status_code == 404


def test_revoked_pdf_is_not_found(web: TestClient, issuer: Issuer, issue: Issue) -> None:
    issued = issue()
    issuer.revoke(issued.id, "cancelled")
    assert web.get(issued.url).status_code == 404


@pytest.mark.parametrize("path", ["/", "/keys.json", "/c/x/status", "/d/x.pdf", "/health", "/no"])
def test_every_answer_has_security_headers(web: TestClient, path: str) -> None:
    headers = web.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["strict-transport-security"]


def test_page_is_the_same_for_every_document(web: TestClient, issue: Issue) -> None:
    assert web.get(f"/c/{issue().id}").text == web.get(f"/c/{new_id()}").text


def test_health_says_that_registry_and_log_can_be_read(
    web: TestClient, folder: Path, issue: Issue
) -> None:
    issue()
    assert web.get("/health").json() == {"status": "ok", "log_size": 2}
    lose_registry(folder)
    assert web.get("/health").status_code == 503


def test_server_makes_no_keys(web: TestClient) -> None:
    assert json.loads(web.get("/keys.json").text)["keys"] == []
