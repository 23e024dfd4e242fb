"""What `/parse` and its kin answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app, create_internal_app
from nlu.settings.settings import Settings
from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.pool import PoolFull
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding


@pytest.mark.parametrize(
    "text",
    ["నా కరెంటు బిల్లు", "बिजली का बिल", "power bill", "🙂🙏", "1912", "క్ష్మి\u200d", "a" * 4096],
    ids=["te", "hi", "en", "emoji", "digits", "joiner", "longest"],
)
def test_text_in_its_own_script(client: TestClient, text: str) -> None:
    answer = client.post("/parse", json={"text": text})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert json.dumps(text, ensure_ascii=False).encode() in answer.content
    assert b"\\u0" not in answer.content
    assert answer.json()["intent"] == {
        "name": "electricity_bill_view",
        "confidence": pytest.approx(0.97),
    }


def test_language_is_handed_on(client: TestClient, engine: FakeUnderstanding) -> None:
    for language in ("te-Latn", None):
        client.post("/parse", json={"text": "a", "language": language, "citizen": "IN.1"})
    assert engine.asked == [("a", "te-Latn"), ("a", None)]


def test_clients_of_rasa_find_their_address(client: TestClient) -> None:
    answer = client.post("/model/parse", json={"text": "hello", "message_id": "1"})
    assert {"text", "intent", "intent_ranking", "entities"} <= set(answer.json())


def test_half_a_surrogate_pair_is_answered(client: TestClient) -> None:
    answer = client.post("/parse", content=b'{"text": "a\\ud800"}')
    assert answer.status_code == 200
    assert answer.json()["text"] == "a?"


def test_batch_keeps_the_order(client: TestClient, engine: FakeUnderstanding) -> None:
    texts = [f"text {n}" for n in range(256)]
    answer = client.post("/parse/batch", json={"texts": texts, "language": "en"})
    assert [result["text"] for result in answer.json()["results"]] == texts
    assert engine.asked[0] == ("text 0", "en")


def test_voice_brings_its_transcript(client: TestClient, speech: FakeSpeech) -> None:
    files = {"audio": ("note.ogg", b"OggS", "audio/ogg")}
    answer = client.post("/parse/voice", files=files, data={"language": "te-Latn"})
    assert answer.status_code == 200
    assert answer.json()["text"] == "కరెంటు బిల్లు"
    assert answer.json()["transcript"]["language"] == "te"
    assert speech.heard == [(b"OggS", "te")]


@pytest.mark.parametrize(
    ("error", "status", "problem"),
    [
        (SpeechError("unreadable_audio", "x"), 422, "unreadable-audio"),
        (SpeechError("empty_audio", "x"), 422, "empty-audio"),
        (SpeechError("audio_too_long", "x"), 413, "audio-too-long"),
        (SpeechError("audio_too_large", "x"), 413, "audio-too-large"),
        (SpeechError("hearing_failed", "x"), 422, "hearing-failed"),
        (PoolFull("x"), 503, "too-many-recordings"),
        (SpeechModelError("x"), 503, "speech-not-ready"),
    ],
)
def test_recording_at_fault(
    client: TestClient, speech: FakeSpeech, error: Exception, status: int, problem: str
) -> None:
    speech.error = error
    answer = client.post("/parse/voice", files={"audio": b"x"})
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")


def test_silent_recording_tells_what_was_heard(client: TestClient, speech: FakeSpeech) -> None:
    speech.text = " "
    answer = client.post("/parse/voice", files={"audio": b"x"})
    assert answer.status_code == 422
    assert answer.json()["transcript"]["duration_s"] == 1.0


def test_empty_and_large_recordings(
    settings: Settings, engine: FakeUnderstanding, speech: FakeSpeech
) -> None:
    small = settings.copy(update={"max_audio_bytes": 1000})
    with TestClient(create_app(small, engine, speech)) as client:
        client.headers["Authorization"] = "Bearer right-key"
        for content, problem in ((b"", "empty-audio"), (b"x" * 1001, "audio-too-large")):
            answer = client.post("/parse/voice", files={"audio": content})
            assert answer.json()["type"] == f"/problems/{problem}"
        answer = client.post("/parse/voice", files={"audio": b"x" * 9000})
        assert answer.status_code == 413
    assert speech.heard == []


def test_without_a_model_the_reason_is_given(settings: Settings, tmp_path: Path) -> None:
    with TestClient(create_app(settings), headers={"Authorization": "Bearer second"}) as client:
        answer = client.post("/parse", json={"text": "a"})
        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/model-not-ready"
        assert "retry-after" in answer.headers
        assert client.get("/health/ready").status_code == 503
        app = create_internal_app(client.app.state.runtime)  # type: ignore[attr-defined]
        internal = TestClient(app, base_url="http://localhost")
        assert internal.get("/health/ready").json()["checks"]["inbox"] == "ok"
        assert client.get("/health/live").status_code == 200
