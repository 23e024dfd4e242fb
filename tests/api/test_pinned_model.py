"""A client names the model that it was tested with, and learns which one answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.live_engine import LiveEngine, Serving
from tests.api.api_fakes import FakeSpeech, FakeTranscript, FakeUnderstanding
from tests.api.conftest import CATALOGUE
from tests.api.five_texts import FIVE

AUDIO = {"files": {"audio": b"OggS"}}
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    **{key: ("/v1/parse", {"json": {"text": text}}) for key, text in FIVE.items()},
    "old path": ("/parse", {"json": {"text": "a"}}),
    "like Rasa": ("/model/parse", {"json": {"text": "a"}}),
    "batch": ("/v1/parse/batch", {"json": {"texts": list(FIVE.values())}}),
    "voice": ("/v1/parse/voice", AUDIO),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_answer_names_its_model(
    client: TestClient, engine: FakeUnderstanding, name: str
) -> None:
    path, body = CALLS[name]
    engine.model_id = "one"
    for headers in ({}, {"Seva-Model": "one"}):
        answer = client.post(path, headers=headers, **body)
        assert (answer.status_code, answer.headers["seva-model"]) == (200, "one")


@pytest.mark.parametrize("name", CALLS)
def test_another_model_does_not_answer(
    client: TestClient, engine: FakeUnderstanding, speech: FakeSpeech, name: str
) -> None:
    path, body = CALLS[name]
    engine.model_id = "two"
    answer = client.post(path, headers={"Seva-Model": "one"}, **body)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/problems/other-model")
    assert problem["model"] == "two" and "two" in problem["detail"]
    assert engine.asked == [] and speech.heard == []


def test_without_a_model_that_is_the_problem(client: TestClient) -> None:
    none = LiveEngine(CATALOGUE, find=lambda: 1 / 0, load=lambda _: 1 / 0)  # type: ignore
    client.app.state.runtime.engine = none  # type: ignore[attr-defined]
    answer = client.post("/v1/parse", json={"text": "a"}, headers={"Seva-Model": "one"})
    assert answer.json()["type"] == "/problems/model-not-ready"


def test_a_model_that_goes_live_while_a_voice_note_is_heard_does_not_answer(
    client: TestClient, engine: FakeUnderstanding
) -> None:
    """Hearing takes seconds; the model that was live before them is not the one after."""

    class Slow(FakeSpeech):
        async def transcribe(
            self, recording: bytes, language: str | None, caller: str = ""
        ) -> FakeTranscript:
            engine.model_id = "two"
            return FakeTranscript("a")

    engine.model_id = "one"
    client.app.state.runtime.transcriber = Slow()  # type: ignore[attr-defined]
    answer = client.post("/v1/parse/voice", headers={"Seva-Model": "one"}, **AUDIO)
    assert answer.json()["type"] == "/problems/other-model"
    assert engine.asked == []


def test_a_batch_is_answered_by_one_model(client: TestClient) -> None:
    """Also where another one goes live in the middle of it."""
    live = LiveEngine(CATALOGUE, find=lambda: 1 / 0, load=lambda _: 1 / 0)  # type: ignore

    class Replaced(FakeUnderstanding):
        async def parse_each(
            self,
            texts: Sequence[str],
            languages: Sequence[str | None] | None = None,
            client: str = "",
        ) -> list[dict[str, Any] | BaseException]:
            live.loaded = Serving(FakeUnderstanding(model_id="two"), CATALOGUE)
            return await super().parse_each(texts, languages, client)

    live.loaded = Serving(Replaced(model_id="one"), CATALOGUE)
    client.app.state.runtime.engine = live  # type: ignore[attr-defined]
    body = {"texts": list(FIVE.values())}
    answer = client.post("/v1/parse/batch", json=body, headers={"Seva-Model": "one"})
    assert answer.headers["seva-model"] == "one"
    assert {result["model"] for result in answer.json()["results"]} == {"one"}
    again = client.post("/v1/parse/batch", json=body, headers={"Seva-Model": "one"})
    assert again.json()["model"] == "two"
