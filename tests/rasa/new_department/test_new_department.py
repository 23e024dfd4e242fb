"""The claim: a department is connected by YAML alone, and then does the whole errand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.documents.credential import Claims
from nlu.catalogue.checker import check_catalogue
from nlu.fast_yaml import load_yaml
from nlu.text import shares
from tests.documents.link_reader import published_keys, verify_link
from tests.documents.paper import copied_text, rendered, scanned
from tests.rasa.conftest import LIBRARY
from tests.rasa.new_department.conftest import LibraryTown

pytestmark = pytest.mark.may_take(900, "trains a model")

CONVERSATIONS = load_yaml(Path(__file__).with_name("conversations.yml").read_text("utf-8"))


def test_department_is_yaml_and_nothing_else() -> None:
    files = [path for path in LIBRARY.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".yml"}
    assert len(files) == 4


def test_department_passes_the_check(one_more: Path) -> None:
    assert check_catalogue(one_more).problems == ()


@pytest.mark.parametrize("language", CONVERSATIONS)
def test_whole_conversation(library_town: LibraryTown, language: str, tmp_path: Path) -> None:
    case = CONVERSATIONS[language]
    before = dict(library_town.library.writes)
    for number, turn in enumerate(case["turns"]):
        assert library_town.library.writes == before, "nothing is sent before it is confirmed"
        replies = library_town.turn(turn["say"], f"library-{language}", number)
        said = "\n".join(reply.text for reply in replies)
        assert turn["says"] in said
        assert shares(said)[case["script"]] > 0.5
        if number == 3:
            assert case["name"] in said and replies[-1].buttons, "the card reads it back"
    new = [body for key, body in library_town.library.writes.items() if key not in before]
    assert [body["holder_name"] for body in new] == [case["name"]]
    document = next(reply.document for reply in replies if reply.document)
    assert document.filename == "Library-card-LIB004217.pdf"
    _is_genuine(library_town, document, case["name"], tmp_path)


def _is_genuine(library_town: LibraryTown, document: Any, name: str, folder: Path) -> None:
    """Fetched, scanned from the page, and checked as the verification page does."""
    pdf = httpx.get(document.url, trust_env=False).content
    assert all(said in " ".join(copied_text(pdf)) for said in (name, "LIB004217"))
    (code,) = scanned(rendered(pdf, folder))
    published = httpx.get(f"{library_town.documents}/keys.json", trust_env=False).json()
    claims = verify_link(code, library_town.documents, published_keys(published), int(time.time()))
    assert isinstance(claims, Claims) and claims.issuer == "library"
    assert dict(claims.fields)["holder_name"] == name
    state = httpx.get(f"{library_town.documents}/c/{claims.id}/status", trust_env=False).json()
    assert state["state"] == "valid" and state["log"]["proof"] is not None
