"""The version of the contract in the path: the same answers as without it. What Rasa's clients ask
for about version and model."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import pytest
from starlette.testclient import TestClient

from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeUnderstanding
from tests.api.five_texts import FIVE

AUDIO = {"files": {"audio": ("note.ogg", b"OggS", "audio/ogg")}}
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    **{f"parse {key}": ("POST", "/parse", {"json": {"text": FIVE[key]}}) for key in FIVE},
    "parse, refused": ("POST", "/parse", {"json": {"text": ""}}),
    "batch": ("POST", "/parse/batch", {"json": {"texts": list(FIVE.values())}}),
    "batch, refused": ("POST", "/parse/batch", {"json": {"texts": []}}),
    "voice": ("POST", "/parse/voice", AUDIO),
    "voice, refused": ("POST", "/parse/voice", {"json": {}}),
    "services": ("GET", "/services", {}),
}


@pytest.mark.parametrize("name", CALLS)
def test_both_paths_answer_alike(client: TestClient, name: str) -> None:
    method, path, body = CALLS[name]
    old, new = (client.request(method, at, **body) for at in (path, f"/v1{path}"))
    assert (new.status_code, new.json()) == (old.status_code, old.json())
    assert ("refused" in name) == (new.status_code != 200)


@pytest.mark.parametrize("path", ["/v1/parse", "/v1/parse/batch", "/v1/parse/voice"])
def test_the_versioned_paths_need_a_key(client: TestClient, path: str) -> None:
    answer = client.post(path, json={"text": "a"}, headers={"Authorization": "Bearer wrong"})
    assert answer.json()["type"] == "/problems/unauthorised"


def test_version_is_told_in_rasas_words(client: TestClient) -> None:
    own = metadata.version("seva")
    told = client.get("/version").json()
    assert told["version"] == own == client.get("/openapi.json").json()["info"]["version"]
    assert set(told) == {"version", "minimum_compatible_version"}


def test_status_names_the_live_model(
    client: TestClient, engine: FakeUnderstanding, settings: Settings
) -> None:
    engine.model_id = "20261130-013949-7d178970"
    answer = client.get("/status")
    assert answer.json() == {
        "model_id": "20261130-013949-7d178970",
        "model_file": "20261130-013949-7d178970/model.tar.gz",
        "num_active_training_jobs": 0,
    }
    assert str(settings.models_dir) not in answer.text


def test_status_without_a_model_is_a_problem(client: TestClient, engine: FakeUnderstanding) -> None:
    engine.model_id = ""
    assert client.get("/status").json()["type"] == "/problems/model-not-ready"


@pytest.mark.parametrize("path", ["/version", "/status"])
def test_version_and_status_are_for_keys_that_may_parse(client: TestClient, path: str) -> None:
    """An attacker looks for a version with known holes."""
    answer = client.get(path, headers={"Authorization": "Bearer wrong"})
    assert answer.json()["type"] == "/problems/unauthorised"
