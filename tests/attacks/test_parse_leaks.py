"""`/parse` does not tell that somebody else asked the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from nlu.engine.answer_cache import AnswerCache
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.conftest import CATALOGUE


def test_an_answer_is_kept_for_who_asked_alone() -> None:
    cache = AnswerCache(10)
    cache.put(cache.key("my illness", "en", "one"), {"text": "my illness"})
    assert cache.get(cache.key("my illness", "en", "one")) is not None
    assert cache.get(cache.key("my illness", "en", "two")) is None


@pytest.mark.parametrize(
    ("path", "body"), [("/parse", {"text": "a"}), ("/parse/batch", {"texts": ["a"]})]
)
def test_each_key_is_a_client_of_its_own(tmp_path: Path, path: str, body: dict) -> None:
    engine = FakeUnderstanding()
    settings = Settings(var_dir=tmp_path, models_dir=tmp_path, api_keys="one,two")
    with TestClient(create_app(settings, engine, FakeSpeech(), catalogue=CATALOGUE)) as client:
        for key in ("one", "two", "one"):
            client.post(path, json=body, headers={"Authorization": f"Bearer {key}"})
    first, second, third = engine.clients
    assert first == third != second
    assert "one" not in engine.clients and "" not in engine.clients
