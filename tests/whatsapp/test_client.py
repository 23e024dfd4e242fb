"""The client against a transport that answers like the Cloud API."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.whatsapp.client import WhatsAppClient
from api.whatsapp.outgoing import Option, Outgoing, Parcel, Template
from api.whatsapp.policy import Deadlines, load_policy
from api.whatsapp.sender import (
    DocumentUnavailable,
    MediaRejected,
    SendFailed,
    SendInDoubt,
    VoiceUnavailable,
)
from nlu.settings.settings import Settings
from nlu.speech.synthesis import SynthesisError
from nlu.turn import Media

POLICY = load_policy(Path("data/whatsapp.yml"))
OK = {"messaging_product": "whatsapp", "messages": [{"id": "wamid.OUT1"}]}
ROOT = "http://127.0.0.1:8785/v25.0"
Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> WhatsAppClient:
    return WhatsAppClient(Settings(), POLICY, httpx.MockTransport(answer))


def parcel(message: Outgoing, citizen: str = "IN.1ab2") -> Parcel:
    return Parcel("wamid.IN1:0", "lane", "1098", citizen, None, "te", message, 1, False, 0, "t")


async def body_of(message: Outgoing, citizen: str = "IN.1ab2") -> dict:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=OK)

    assert await client(answer).send(parcel(message, citizen)) == "wamid.OUT1"
    (request,) = seen
    assert str(request.url) == f"{ROOT}/1098/messages"
    assert request.headers["Authorization"] == "Bearer seva-demo-access-token"
    return json.loads(request.content)


async def test_template() -> None:
    template = Template("request_update", "te", ("భూమి కొలత", "అయింది."))
    body = await body_of(Outgoing("template", "భూమి కొలత: అయింది.", template=template))
    assert (body["type"], body["template"]) == (
        "template",
        {
            "name": "request_update",
            "language": {"code": "te"},
            "components": [
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "భూమి కొలత"},
                        {"type": "text", "text": "అయింది."},
                    ],
                }
            ],
        },
    )


async def test_text() -> None:
    body = await body_of(Outgoing("text", "నమస్తే"))
    assert body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "recipient": "IN.1ab2",
        "type": "text",
        "text": {"body": "నమస్తే", "preview_url": False},
        "biz_opaque_callback_data": "wamid.IN1:0",
    }


async def test_phone_number_goes_in_to() -> None:
    body = await body_of(Outgoing("text", "a"), "919848012345")
    assert body["to"] == "919848012345" and "recipient" not in body


async def test_link_is_a_cta_url() -> None:
    message = Outgoing("link", "due", button="₹845 కట్టండి", link_url="https://pay.example/1")
    assert (await body_of(message))["interactive"] == {
        "type": "cta_url",
        "body": {"text": "due"},
        "action": {
            "name": "cta_url",
            "parameters": {"display_text": "₹845 కట్టండి", "url": "https://pay.example/1"},
        },
    }


async def test_buttons_and_list() -> None:
    options = (Option("a", "అవును", "x"), Option("b", "కాదు"))
    buttons = (await body_of(Outgoing("buttons", "?", options)))["interactive"]
    assert buttons["type"] == "button"
    assert buttons["action"]["buttons"][0] == {
        "type": "reply",
        "reply": {"id": "a", "title": "అవును"},
    }
    rows = (await body_of(Outgoing("list", "?", options, "ఎంచుకోండి")))["interactive"]
    assert rows["type"] == "list"
    assert rows["action"]["button"] == "ఎంచుకోండి"
    assert rows["action"]["sections"][0]["rows"] == [
        {"id": "a", "title": "అవును", "description": "x"},
        {"id": "b", "title": "కాదు"},
    ]


async def test_document_is_fetched_uploaded_and_sent() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        if request.url.port == 8790:
            assert "Authorization" not in request.headers
            return httpx.Response(200, content=b"%PDF", headers={"Content-Type": "application/pdf"})
        if request.url.path.endswith("/media"):
            assert b"%PDF" in request.content and b"birth.pdf" in request.content
            return httpx.Response(200, json={"id": "m1"})
        document = json.loads(request.content)["document"]
        assert document == {"id": "m1", "filename": "birth.pdf", "caption": "ఇదిగో"}
        return httpx.Response(200, json=OK)

    message = Outgoing(
        "document", "ఇదిగో", document_url="http://127.0.0.1:8790/d/1", filename="birth.pdf"
    )
    await client(answer).send(parcel(message))
    assert seen == ["/d/1", "/v25.0/1098/media", "/v25.0/1098/messages"]


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "file:///etc/passwd", "ftp://127.0.0.1/x", ""]
)
async def test_document_from_a_strange_place_is_not_fetched(url: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    message = Outgoing("document", "x", document_url=url, filename="a.pdf")
    with pytest.raises(DocumentUnavailable):
        await client(answer).send(parcel(message))


async def test_redirect_of_a_document_is_not_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": "http://169.254.169.254/"})

    message = Outgoing("document", "x", document_url="http://127.0.0.1/x", filename="a.pdf")
    with pytest.raises(DocumentUnavailable):
        await client(answer).send(parcel(message))


class Voice:
    """Says everything but what it has no voice for."""

    async def say(self, text: str, language: str) -> bytes:
        if language != "te":
            raise SynthesisError("no voice")
        return f"OggS {text}".encode()


async def test_a_voice_note_is_made_uploaded_and_sent_as_one() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": "77"} if "media" in request.url.path else OK)

    speaking = WhatsAppClient(Settings(), POLICY, httpx.MockTransport(answer), speaker=Voice())  # type: ignore[arg-type]
    assert await speaking.send(parcel(Outgoing("voice", "నమస్తే"))) == "wamid.OUT1"
    upload, message = seen
    assert "OggS నమస్తే".encode() in upload.content and b"audio/ogg; codecs=opus" in upload.content
    body = json.loads(message.content)
    assert (body["type"], body["audio"]) == ("audio", {"id": "77", "voice": True})


async def test_without_a_voice_nothing_is_sent() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    silent = client(answer)
    speaking = WhatsAppClient(Settings(), POLICY, httpx.MockTransport(answer), speaker=Voice())  # type: ignore[arg-type]
    note = Outgoing("voice", "hello")
    for sender, language in ((silent, "te"), (speaking, "en"), (speaking, None)):
        with pytest.raises(VoiceUnavailable):
            await sender.send(replace(parcel(note), language=language))


async def test_a_voice_that_takes_too_long_is_left_out() -> None:
    """It must not hold up the citizen's next message."""

    class Slow:
        async def say(self, text: str, language: str) -> bytes:
            await asyncio.sleep(60)
            return b""

    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    policy = replace(POLICY, speaking_seconds=0.01)
    slow = WhatsAppClient(Settings(), policy, httpx.MockTransport(answer), speaker=Slow())  # type: ignore[arg-type]
    with pytest.raises(VoiceUnavailable):
        await slow.send(parcel(Outgoing("voice", "నమస్తే")))


def error(code: int, status: int = 400, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": "x"}}, headers=headers)


@pytest.mark.parametrize(
    ("response", "action"),
    [
        (error(130429), "retry"),
        (error(131056), "wait"),
        (error(131047), "park"),
        (error(131026), "final"),
        (error(190, 401), "alert"),
        (error(131016, 500), "retry"),
        (httpx.Response(400, text="<html>"), "final"),
        (httpx.Response(429, text=""), "retry"),
        (httpx.Response(400, json={"error": "odd"}), "final"),
        (httpx.Response(400, json=["odd"]), "final"),
    ],
)
async def test_refusal(response: httpx.Response, action: str) -> None:
    with pytest.raises(SendFailed) as caught:
        await client(lambda request: response).send(parcel(Outgoing("text", "a")))
    assert caught.value.action == action


async def test_retry_after_is_heard() -> None:
    response = error(130429, 429, **{"Retry-After": "7"})
    with pytest.raises(SendFailed) as caught:
        await client(lambda request: response).send(parcel(Outgoing("text", "a")))
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (httpx.ConnectError("x"), SendFailed),
        (httpx.ConnectTimeout("x"), SendFailed),
        (httpx.ReadTimeout("x"), SendInDoubt),
        (httpx.RemoteProtocolError("x"), SendInDoubt),
        (httpx.Response(502, text="<html>"), SendInDoubt),
        (httpx.Response(200, text="<html>"), SendInDoubt),
        (httpx.Response(200, json={"messages": []}), SendInDoubt),
    ],
)
async def test_broken_connection_is_told_apart(trouble: object, expected: type) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(trouble, Exception):
            raise trouble
        assert isinstance(trouble, httpx.Response)
        return trouble

    with pytest.raises(expected):
        await client(answer).send(parcel(Outgoing("text", "a")))


async def test_typing_never_raises() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        raise httpx.ReadTimeout("x")

    await client(answer).show_typing("1098", "wamid.IN1")
    assert seen[0]["status"] == "read" and seen[0]["typing_indicator"] == {"type": "text"}


def media_server(content: bytes, **facts: object) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer seva-demo-access-token"
        if request.url.path == "/v25.0/m1":
            described = {
                "id": "m1",
                "url": "http://127.0.0.1:8785/files/m1",
                "sha256": hashlib.sha256(b"OggS").hexdigest(),
                "file_size": len(content),
                "mime_type": "audio/ogg",
            }
            return httpx.Response(200, json={**described, **facts})
        if request.url.path == "/files/gone":
            return httpx.Response(404)
        return httpx.Response(200, content=content)

    return answer


async def test_media_is_fetched_in_two_steps() -> None:
    assert await client(media_server(b"OggS")).download(Media("m1"), 100) == b"OggS"


@pytest.mark.parametrize(
    ("content", "facts", "reason"),
    [
        (b"Ogg?", {}, "damaged"),
        (b"OggS", {"file_size": 101}, "too_large"),
        (b"x" * 101, {"file_size": 1}, "too_large"),
        (b"OggS", {"url": "http://127.0.0.1:8785/files/gone"}, "expired"),
        (b"OggS", {"url": "https://evil.example/files/m1"}, "damaged"),
    ],
)
async def test_media_that_is_not_as_announced(content: bytes, facts: dict, reason: str) -> None:
    with pytest.raises(MediaRejected) as caught:
        await client(media_server(content, **facts)).download(Media("m1"), 100)
    assert caught.value.reason == reason


async def test_hash_of_the_webhook_counts_if_there_is_no_other() -> None:
    wrong = Media("m1", sha256="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    with pytest.raises(MediaRejected):
        await client(media_server(b"OggS", sha256="")).download(wrong, 100)


async def test_endless_stream_is_cut() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v25.0/m1":
            return httpx.Response(200, json={"url": "http://127.0.0.1:8785/files/m1"})
        return httpx.Response(200, content=endless())

    with pytest.raises(MediaRejected) as caught:
        await client(answer).download(Media("m1"), 5000)
    assert caught.value.reason == "too_large"


async def drops() -> AsyncIterator[bytes]:
    """A byte now and then, for ever: no single read takes long."""
    while True:
        yield b" "
        await asyncio.sleep(0.005)


def hurried(answer: Answer) -> WhatsAppClient:
    soon = Deadlines(**dict.fromkeys(Deadlines.__dataclass_fields__, 0.1))
    policy = replace(POLICY, deadlines=soon)
    return WhatsAppClient(Settings(), policy, httpx.MockTransport(answer), speaker=Voice())  # type: ignore[arg-type]


def drip_at(path: str) -> Answer:
    """A WhatsApp whose answers end, but for the one at `path`."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == path:
            return httpx.Response(200, content=drops())
        if request.url.path == "/v25.0/m1":
            return httpx.Response(200, json={"url": "http://127.0.0.1:8785/files/m1"})
        return httpx.Response(200, json={**OK, "id": "77"})

    return answer


DOCUMENT = Outgoing("document", "x", document_url="http://127.0.0.1:8790/d", filename="a.pdf")


@pytest.mark.parametrize(
    ("path", "message", "expected"),
    [
        ("/v25.0/1098/messages", Outgoing("text", "a"), SendInDoubt),
        ("/v25.0/1098/media", Outgoing("voice", "a"), SendFailed),
        ("/v25.0/1098/media", DOCUMENT, SendFailed),
        ("/d", DOCUMENT, DocumentUnavailable),
    ],
)
async def test_an_answer_that_never_ends_ends_the_send(
    path: str, message: Outgoing, expected: type
) -> None:
    """Only the message itself leaves a doubt: before that nothing was sent."""
    with pytest.raises(expected):
        await asyncio.wait_for(hurried(drip_at(path)).send(parcel(message)), 30)


@pytest.mark.parametrize("path", ["/v25.0/m1", "/files/m1"])
async def test_a_download_that_never_ends_is_ended(path: str) -> None:
    with pytest.raises((httpx.ReadTimeout, SendInDoubt)):
        await asyncio.wait_for(hurried(drip_at(path)).download(Media("m1"), 1 << 20), 30)


async def test_typing_that_never_ends_is_ended() -> None:
    await asyncio.wait_for(hurried(drip_at("/v25.0/1098/messages")).show_typing("1098", "w"), 30)


async def test_a_large_answer_is_not_read_to_its_end() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1 << 16
            yield b"x" * (1 << 16)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    with pytest.raises(SendInDoubt):
        await client(answer).send(parcel(Outgoing("text", "a")))
    assert read <= POLICY.limits.answer_bytes + (1 << 17)


async def test_a_packed_file_is_refused() -> None:
    """A thousandth of the limit may unpack to more than the limit, before it can be counted."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v25.0/m1":
            return httpx.Response(200, json={"url": "http://127.0.0.1:8785/files/m1"})
        assert request.headers["Accept-Encoding"] == "identity"
        packed = gzip.compress(b"x" * (1 << 20))
        return httpx.Response(200, content=packed, headers={"Content-Encoding": "gzip"})

    with pytest.raises(MediaRejected):
        await client(answer).download(Media("m1"), 1 << 24)


def test_the_steps_of_a_message_fit_into_its_deadline(tmp_path: Path) -> None:
    """Or a document that is slow would leave the message in doubt, and the lease would run out."""
    assert POLICY.deadlines.send < Settings().lease_seconds
    text = Path("data/whatsapp.yml").read_text("utf-8").replace("  upload: 15", "  upload: 40")
    (tmp_path / "w.yml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match="takes longer"):
        load_policy(tmp_path / "w.yml")
