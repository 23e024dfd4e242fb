"""`seva documents`: what an operator types, and what comes of it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actions.documents.credential import Claims, grouped
from actions.documents.issuer import Issued, Issuer
from actions.documents.keys import KeyRing
from actions.documents.settings import key_store
from nlu.cli import app
from tests.documents.conftest import BIRTH, URL
from tests.documents.link_reader import Refusal, by_kid, verify_link

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SEVA_DOCUMENTS_URL", URL)


@pytest.fixture
def issued(issuer: Issuer) -> Issued:
    return issuer.issue("municipal", "birth_certificate", BIRTH, "k")


def seva(*arguments: str) -> str:
    """Output of a command that succeeds."""
    done = RUNNER.invoke(app, ["documents", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def refused(*arguments: str) -> str:
    """Output of a command that exits 1."""
    done = RUNNER.invoke(app, ["documents", *arguments])
    assert done.exit_code == 1, done.output
    return done.output


def test_show_tells_facts_and_no_person(issued: Issued) -> None:
    output = seva("show", issued.id)
    assert f"{grouped(issued.id)}  valid" in output
    assert "municipal, birth_certificate" in output
    assert "entry 1 of 2 in the log" in output
    assert BIRTH["child_name"] not in output


def test_show_values_tells_what_it_says(issued: Issued) -> None:
    assert f"child_name: {BIRTH['child_name']}" in seva("show", issued.id, "--values")


def test_show_json_is_one_document(issued: Issued) -> None:
    assert json.loads(seva("show", issued.id, "--json"))["state"] == "valid"


def test_id_may_be_typed_from_paper(issued: Issued) -> None:
    typed = grouped(issued.id).upper().replace("0", "O").replace("1", "l")
    assert grouped(issued.id) in seva("show", typed)


def test_revoke_and_show_say_why(issued: Issued) -> None:
    assert "is revoked: by order" in seva("revoke", issued.id, "--reason", "by_order")
    assert "revoked on" in seva("show", issued.id)
    assert "by order of a higher office" in seva("show", issued.id)


def test_reissue_prints_the_new_address(issued: Issued, issuer: Issuer) -> None:
    output = seva("reissue", issued.id, "--set", "child_name=సాయి తేజస్")
    assert f"{grouped(issued.id)} is replaced by" in output
    new = issuer.issue("municipal", "birth_certificate", BIRTH, "k")
    assert new.url in output
    assert "సాయి తేజస్" in seva("show", new.id, "--values")
    assert f"by {grouped(new.id)}" in seva("show", issued.id)


def test_keys_are_listed_with_their_states(issued: Issued, issuer: Issuer) -> None:
    seva("keys", "rotate", "municipal")
    lines = seva("keys", "list").splitlines()
    assert [line.split("  ")[-1] for line in lines] == ["in force", "next"]
    assert len(json.loads(seva("keys", "list", "--json"))) == 2


def test_stolen_key_is_withdrawn_and_its_documents_reissued(issued: Issued, issuer: Issuer) -> None:
    kid = issuer.keys.public_keys()[0].kid.hex()
    assert f"1 valid documents are refused now: seva documents reissue --key {kid}" in seva(
        "keys", "withdraw", kid
    )
    assert verify_link(issued.qr, URL, by_kid(issuer.keys), 1) is Refusal.KEY_WITHDRAWN
    assert "is replaced by" in seva("reissue", "--key", kid)
    again = issuer.issue("municipal", "birth_certificate", BIRTH, "k")
    assert isinstance(verify_link(again.qr, URL, by_kid(issuer.keys), 1), Claims)
    assert "withdrawn" in seva("keys", "list")


def test_withdraw_may_reissue_at_once(issued: Issued, issuer: Issuer) -> None:
    kid = issuer.keys.public_keys()[0].kid.hex()
    assert "1 documents are reissued" in seva("keys", "withdraw", kid, "--reissue")
    assert issuer.registry.valid_with_key(kid) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["show", "0" * 16], "there is no document"),
        (["show", "what"], "is not the id of a document"),
        (["revoke", "0" * 16, "--reason", "by_order"], "the document is unknown"),
        (["revoke", "0" * 16, "--reason", "spite"], "--reason is one of wrong_details"),
        (["reissue"], "give a document"),
        (["reissue", "0" * 16, "--key", "x"], "give a document"),
        (["reissue", "0" * 16, "--set", "x"], "--set takes NAME=VALUE"),
        (["keys", "withdraw", "00"], "there is no key 00"),
        (["keys", "rotate", "../x"], "not the id of a department"),
    ],
)
def test_mistakes_are_told_in_a_line(issued: Issued, arguments: list[str], why: str) -> None:
    output = refused(*arguments)
    assert why in output
    assert "Traceback" not in output


def test_nothing_issued_is_told(tmp_path: Path) -> None:
    assert "no document was issued in" in refused("show", "0" * 16)
    assert not (tmp_path / "documents" / "log").exists()


def test_keys_of_before_are_announced_once(folder: Path, issued: Issued) -> None:
    quiet = KeyRing(key_store(folder)).rotate("revenue", int(time.time()))
    assert f"revenue: key {quiet.kid.hex()} stands in the log now" in seva("keys", "announce")
    assert seva("keys", "announce") == "all keys stand in the log\n"
