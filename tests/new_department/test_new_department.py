"""The claim: a department is connected by YAML alone, and then does the whole errand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from actions.documents.credential import Claims
from nlu.catalogue.checker import check_catalogue
from nlu.text import shares
from tests.documents.link_reader import published_keys, verify_link
from tests.documents.paper import copied_text, rendered, scanned
from tests.new_department.conftest import LIBRARY, Town

CONVERSATIONS = yaml.safe_load(Path(__file__).with_name("conversations.yml").read_text("utf-8"))


def test_department_is_yaml_and_nothing_else() -> None:
    files = [path for path in LIBRARY.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".yml"}
    assert len(files) == 4


def test_department_passes_the_check(data: Path) -> None:
    assert check_catalogue(data).problems == ()


@pytest.mark.parametrize("language", CONVERSATIONS)
def test_whole_conversation(town: Town, language: str, tmp_path: Path) -> None:
    case = CONVERSATIONS[language]
    before = dict(town.library.writes)
    for number, turn in enumerate(case["turns"]):
        assert town.library.writes == before, "nothing is sent before it is confirmed"
        replies = town.turn(turn["say"], f"library-{language}", number)
        said = "\n".join(reply.text for reply in replies)
        assert turn["says"] in said
        assert shares(said)[case["script"]] > 0.5
        if number == 3:
            assert case["name"] in said and replies[-1].buttons, "the card reads it back"
    new = [body for key, body in town.library.writes.items() if key not in before]
    assert [body["holder_name"] for body in new] == [case["name"]]
    document = next(reply.document for reply in replies if reply.document)
    assert document.filename == "Library-card-LIB004217.pdf"
    _is_genuine(town, document, case["name"], tmp_path)


def _is_genuine(town: Town, document: Any, name: str, folder: Path) -> None:
    """Fetched, scanned from the page, and checked as the verification page does."""
    pdf = httpx.get(document.url, trust_env=False).content
    assert all(said in " ".join(copied_text(pdf)) for said in (name, "LIB004217"))
    (code,) = scanned(rendered(pdf, folder))
    published = httpx.get(f"{town.documents}/keys.json", trust_env=False).json()
    claims = verify_link(code, town.documents, published_keys(published), int(time.time()))
    assert isinstance(claims, Claims) and claims.issuer == "library"
    assert dict(claims.fields)["holder_name"] == name
    state = httpx.get(f"{town.documents}/c/{claims.id}/status", trust_env=False).json()
    assert state["state"] == "valid" and state["log"]["proof"] is not None
