"""Real answers of every operation that /openapi.json describes fit it: those of success, and a
problem wherever one is described."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from api.whatsapp.outgoing import Draft, Option, Outgoing
from api.whatsapp.payload import HEADER, sign
from nlu.settings.groups import DEMO_APP_SECRET, DEMO_NOTICES_KEY
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.five_texts import FIVE
from tests.inbox.worker_fakes import PHONE_ID, message

WRONG_KEY = {"Authorization": "Bearer wrong"}
NEWS = {"Authorization": f"Bearer {DEMO_NOTICES_KEY}"}
AUDIO = {"audio": ("note.ogg", b"OggS", "audio/ogg")}
CITIZEN = "109876543210987:919000000001"
NOTICE = {
    "id": "late-1",
    "citizen": CITIZEN,
    "language": "te",
    "about": "భూమి కొలత",
    "text": "మీ భూమి కొలిచారు.",
}
DELIVERY = (Path("tests/whatsapp/fixtures") / "text_telugu.json").read_bytes()
SIGNED = {HEADER: sign(DELIVERY, DEMO_APP_SECRET)}
HANDSHAKE = {
    "hub.mode": "subscribe",
    "hub.verify_token": "seva-demo-verify-token",
    "hub.challenge": "42",
}


@dataclass(frozen=True)
class Call:
    """A request of an operation, and the status that it is about."""

    operation: str
    status: int
    sent: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    @property
    def method(self) -> str:
        return self.operation.split()[0]

    @property
    def path(self) -> str:
        """As the document writes it."""
        return self.operation.split()[1]


def _parsing(path: str) -> Iterator[Call]:
    for text in FIVE.values():
        yield Call(f"POST {path}", 200, {"json": {"text": text}})
    yield Call(f"POST {path}", 200, {"json": {"text": "a", "language": None, "citizen": "IN.1"}})
    yield Call(f"POST {path}", 400, {"content": b"{"})
    yield Call(f"POST {path}", 413, {"json": {"text": "అ" * 4097}})
    yield Call(f"POST {path}", 415, {"content": b"a", "headers": {"Content-Type": "text/plain"}})
    yield Call(f"POST {path}", 422, {"json": {"text": " "}})
    yield Call(f"POST {path}", 500, {"json": {"text": "fails"}})
    yield from _any_asking(path, {"json": {"text": "a"}})


def _batches(path: str) -> Iterator[Call]:
    texts = [*FIVE.values(), "", 5, "fails"]
    languages = [*FIVE, None, None, "te"]
    yield Call(f"POST {path}", 200, {"json": {"texts": texts, "languages": languages}})
    yield Call(f"POST {path}", 413, {"json": {"texts": ["a"] * 257}})
    yield Call(f"POST {path}", 422, {"json": {"texts": ["a"], "languages": []}})
    yield from _any_asking(path, {"json": {"texts": ["a"]}})


def _voices(path: str) -> Iterator[Call]:
    yield Call(f"POST {path}", 200, {"files": AUDIO, "data": {"language": "te-Latn"}})
    yield Call(f"POST {path}", 415, {"json": {}})
    yield Call(f"POST {path}", 422, {"files": {"audio": b""}})
    yield from _any_asking(path, {"files": AUDIO})


def _feedback(path: str) -> Iterator[Call]:
    told = {"intent": "electricity_bill_view", "correct": False, "intended": "rtc_ticket_booking"}
    for key, text in FIVE.items():
        yield Call(f"POST {path}", 202, {"json": {**told, "text": text, "language": key}})
    yield Call(f"POST {path}", 202, {"json": {**told, "text": "fails"}})
    yield Call(f"POST {path}", 202, {"json": {"text": "a", "intent": "greet", "correct": True}})
    yield Call(f"POST {path}", 400, {"content": b"{"})
    yield Call(f"POST {path}", 401, {"json": told, "headers": WRONG_KEY})
    yield Call(f"POST {path}", 413, {"json": {**told, "text": "అ" * 4097}})
    yield Call(f"POST {path}", 415, {"content": b"a", "headers": {"Content-Type": "text/plain"}})
    yield Call(f"POST {path}", 422, {"json": told})
    yield Call(f"POST {path}", 422, {"json": {**told, "text": "a", "intended": "no_such"}})


def _any_asking(path: str, sent: Mapping[str, Any]) -> Iterator[Call]:
    yield Call(f"POST {path}", 401, {**sent, "headers": WRONG_KEY})
    yield Call(f"POST {path}", 409, {**sent, "headers": {"Seva-Model": "another"}})


def _reading(path: str) -> Iterator[Call]:
    yield Call(f"GET {path}", 200)
    yield Call(f"GET {path}", 401, {"headers": WRONG_KEY})


TALK = "/v1/conversations/{conversation}/messages"
HERE = "/v1/conversations/c/messages"
PUBLIC = [
    *(call for path in ("/v1/parse", "/parse", "/model/parse") for call in _parsing(path)),
    *(call for path in ("/v1/parse/batch", "/parse/batch") for call in _batches(path)),
    *(call for path in ("/v1/parse/voice", "/parse/voice") for call in _voices(path)),
    *(call for path in ("/v1/feedback", "/feedback") for call in _feedback(path)),
    *(call for path in ("/v1/services", "/services") for call in _reading(path)),
    Call(f"POST {TALK}", 202, {"json": {"id": "m-1", "text": "a"}}, at=HERE),
    Call(f"POST {TALK}", 422, {"json": {"id": "m-1"}}, at=HERE),
    Call(f"POST {TALK}", 401, {"json": {}, "headers": WRONG_KEY}, at=HERE),
    Call(f"GET {TALK}", 404, at=HERE),
    Call(f"GET {TALK}/{{message}}", 404, at=f"{HERE}/m-1"),
    Call("GET /v1/services", 304, {"headers": {"If-None-Match": "*"}}),
    Call("GET /services", 304, {"headers": {"If-None-Match": "*"}}),
    *_reading("/version"),
    *_reading("/status"),
    Call("GET /health/live", 200),
    Call("GET /health/ready", 200),
    Call("GET /webhooks/whatsapp", 200, {"params": HANDSHAKE}),
    Call("GET /webhooks/whatsapp", 403, {"params": {**HANDSHAKE, "hub.verify_token": "x"}}),
    Call("POST /webhooks/whatsapp", 200, {"content": DELIVERY, "headers": SIGNED}),
    Call("POST /webhooks/whatsapp", 401, {"content": b"{}"}),
    Call("GET /problems/{name}", 200, at="/problems/empty-text"),
    Call("GET /problems/{name}", 404, at="/problems/none"),
]
INTERNAL = [
    Call("GET /health/live", 200),
    Call("GET /health/ready", 200),
    Call("GET /metrics", 200),
    Call("POST /notices", 404, {"json": NOTICE, "headers": NEWS}),
    Call("POST /notices", 401, {"json": NOTICE, "headers": WRONG_KEY}),
    Call("POST /notices", 422, {"json": {}, "headers": NEWS}),
    Call("POST /notices/language", 404, {"json": {"citizen": CITIZEN}, "headers": NEWS}),
    Call("POST /notices/language", 401, {"json": {}, "headers": WRONG_KEY}),
    Call("GET /problems/{name}", 200, at="/problems/empty-text"),
    Call("GET /problems/{name}", 404, at="/problems/none"),
]


def fits(document: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> None:
    """Raises jsonschema's ValidationError."""
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole).validate(value)


def resolved(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `$ref` to a component leads to."""
    found: Any = document
    if "$ref" not in entry:
        return entry
    for part in entry["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def check(document: Mapping[str, Any], call: Call, answer: httpx.Response) -> None:
    """That an answer is what the document says of its operation and status."""
    assert answer.status_code == call.status, answer.text[:500]
    described = document["paths"][call.path][call.method.lower()]["responses"][str(call.status)]
    for name, header in described.get("headers", {}).items():
        told = resolved(document, header)
        if name in answer.headers:
            value = answer.headers[name]
            whole = int(value) if told["schema"]["type"] == "integer" else value
            fits(document, told["schema"], whole)
        elif call.status < 400:
            raise AssertionError(f"{name} is described and not sent")
    content = described.get("content", {})
    if not content:
        assert answer.content == b""
        return
    kind = answer.headers["content-type"].partition(";")[0]
    value = answer.json() if "json" in kind else answer.text
    fits(document, content[kind]["schema"], value)


@pytest.fixture(autouse=True)
def one_that_fails(engine: FakeUnderstanding) -> None:
    engine.failing = frozenset({"fails"})


@pytest.mark.parametrize("call", PUBLIC, ids=lambda call: f"{call.operation} {call.status}")
def test_answers_fit_the_document(client: TestClient, call: Call) -> None:
    document = client.get("/openapi.json").json()
    check(document, call, client.request(call.method, call.at or call.path, **call.sent))


@pytest.mark.parametrize("call", INTERNAL, ids=lambda call: f"{call.operation} {call.status}")
def test_answers_of_the_internal_listener_fit_its_document(
    internal: TestClient, call: Call
) -> None:
    document = internal.get("/openapi.json").json()
    check(document, call, internal.request(call.method, call.at or call.path, **call.sent))


def test_news_that_are_taken_fit_the_document(client: TestClient, internal: TestClient) -> None:
    """And known ones, and the language of who wrote."""
    runtime = client.app.state.runtime  # type: ignore[attr-defined]
    client.portal.call(runtime.inbox.put, [message(1)])  # type: ignore[union-attr]
    citizen = f"{PHONE_ID}:IN.1"
    document = internal.get("/openapi.json").json()
    told = {"json": {**NOTICE, "citizen": citizen}, "headers": NEWS}
    for call in (
        Call("POST /notices", 202, told),
        Call("POST /notices", 200, told),
        Call("POST /notices/language", 200, {"json": {"citizen": citizen}, "headers": NEWS}),
    ):
        check(document, call, internal.request(call.method, call.path, **call.sent))


def test_a_conversation_fits_the_document(client: TestClient) -> None:
    """Waiting, answered with everything that a reply can hold, fetched, and known already."""
    document = client.get("/openapi.json").json()
    inbox = client.app.state.runtime.inbox  # type: ignore[attr-defined]
    sent = {"json": {"id": "m-1", "text": "a"}}

    def ask(operation: str, status: int, at: str = HERE, **more: Any) -> httpx.Response:
        call = Call(operation, status, more, at)
        answer = client.request(call.method, at, **more)
        check(document, call, answer)
        return answer

    ask(f"POST {TALK}", 202, **sent)
    ask(f"GET {TALK}/{{message}}", 200, f"{HERE}/m-1")
    ask(f"GET {TALK}", 200)
    (claim,) = client.portal.call(inbox.claim, "w")  # type: ignore[union-attr]
    option = Option("5f", "అవును", "వివరం")
    drafts = [
        Draft(Outgoing("text", "a", language="te")),
        Draft(Outgoing("buttons", "a", (option,), language="te")),
        Draft(Outgoing("list", "a", (option,), "ఎంచుకోండి")),
        Draft(Outgoing("link", "a", button="b", link_url="https://pay.example")),
        Draft(Outgoing("document", "a", document_url="https://pay.example", filename="b.pdf")),
    ]
    client.portal.call(inbox.ack, claim, drafts)  # type: ignore[union-attr]
    answered = ask(f"POST {TALK}", 200, **sent).json()
    assert [sorted(set(one) - {"number", "in_reply_to"}) for one in answered["replies"]] == [
        ["language", "model", "text"],
        ["buttons", "language", "model", "text"],
        ["language", "list", "model", "text"],
        ["language", "link", "model", "text"],
        ["document", "language", "model", "text"],
    ]
    known = ask(f"GET {TALK}", 200)
    ask(f"GET {TALK}", 304, headers={"If-None-Match": known.headers["etag"]})


def test_silence_without_a_model_and_without_words_fit_the_document(
    client: TestClient, engine: FakeUnderstanding, speech: FakeSpeech
) -> None:
    document = client.get("/openapi.json").json()
    speech.text = " "
    call = Call("POST /v1/parse/voice", 422, {"files": AUDIO})
    check(document, call, client.post(call.path, **call.sent))
    engine.model_id = ""
    check(document, Call("GET /status", 503), client.get("/status"))


def test_every_operation_is_called_and_every_described_kind_of_answer(
    client: TestClient, internal: TestClient
) -> None:
    """A success of each, and a problem of each that describes one."""
    for listener, calls in ((client, PUBLIC), (internal, INTERNAL)):
        paths = listener.get("/openapi.json").json()["paths"]
        for path, methods in paths.items():
            for method, operation in methods.items():
                made = {c.status for c in calls if c.operation == f"{method.upper()} {path}"}
                told = {int(status) for status in operation["responses"]}
                # These need somebody who wrote: tests of their own.
                news = "/notices" in path or "/conversations" in path
                assert news or min(made) in (200, 202), (method, path)
                problem_free = path == "/health/ready"  # its 503 needs a broken inbox
                assert problem_free or max(told) < 400 or max(made) >= 400, (method, path)


def test_the_document_is_of_the_version_that_it_says(
    client: TestClient, internal: TestClient
) -> None:
    for listener in (client, internal):
        document = listener.get("/openapi.json").json()
        assert document["openapi"].startswith("3.1.")
        assert "nullable" not in json.dumps(document)
        assert document["servers"] == [
            {"url": "/", "description": "The server that this document came from"}
        ]
        names = [o["operationId"] for m in document["paths"].values() for o in m.values()]
        assert len(names) == len(set(names))
        for schema in document["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)


def test_examples_fit_their_schemas(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    shown = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            contents = [kind for body in bodies for kind in body.get("content", {}).values()]
            for told in contents:
                more = [one["value"] for one in told.get("examples", {}).values()]
                examples = [told[name] for name in ("example",) if name in told] + more
                for example in examples:
                    fits(document, told["schema"], example)
                shown += len(examples)
    assert shown > 60


def test_the_example_of_tokens_is_true(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("/v1/parse", "/v1/parse/voice"):
        told = paths[path]["post"]["responses"]["200"]["content"]["application/json"]["example"]
        words = [told["text"][start:end] for start, end in told["text_tokens"]]
        assert " ".join(words).replace(" ?", "?") == told["text"]
        for entity in told["entities"]:
            assert told["text"][entity["start"] : entity["end"]] == entity["raw"]
