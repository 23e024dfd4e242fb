"""Errors of the HTTP interface as RFC 9457 problem documents.

Each `type` is stable. It is a path on the same server that explains the problem (`GET
/problems/{name}`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
_RETRY_S = 5  # the default of a 503


@dataclass(frozen=True)
class ProblemKind:
    """A kind of problem: its HTTP status, its title, and what a client should do."""

    status: int
    title: str
    remedy: str


KINDS: dict[str, ProblemKind] = {
    "malformed-body": ProblemKind(
        400, "The body cannot be read", "Send UTF-8 JSON, or multipart/form-data for audio."
    ),
    "unauthorised": ProblemKind(
        401, "A valid API key is needed", "Send the header `Authorization: Bearer KEY`."
    ),
    "bad-signature": ProblemKind(
        401,
        "The delivery is not signed by WhatsApp",
        "Sign the raw body with the app's secret in `X-Hub-Signature-256`.",
    ),
    "wrong-verify-token": ProblemKind(
        403, "The webhook's verify token is wrong", "Set SEVA_WHATSAPP_VERIFY_TOKEN to the same."
    ),
    "missing-scope": ProblemKind(
        403, "The key is not for this call", "Ask the operator for a key with the scope."
    ),
    "not-found": ProblemKind(404, "There is nothing at this address", "See /openapi.json."),
    "unknown-citizen": ProblemKind(
        404, "Nobody of that name ever wrote", "Send the sender that the dialogue knows."
    ),
    "unknown-conversation": ProblemKind(
        404,
        "This client has no such conversation, or no such message in it",
        "Post a message first; a conversation belongs to the client that opened it.",
    ),
    "method-not-allowed": ProblemKind(
        405, "This address does not answer that method", "See /openapi.json."
    ),
    "too-slow": ProblemKind(
        408, "The body stood still", "Send it without a pause, on a new connection."
    ),
    "other-model": ProblemKind(
        409,
        "The model that was asked for is not here",
        "Ask for one that `models` names, or leave `Seva-Model` and `Seva-Canary` out.",
    ),
    "text-too-long": ProblemKind(
        413, "The text is too long", "Send at most SEVA_MAX_TEXT_CHARS characters."
    ),
    "batch-too-large": ProblemKind(
        413, "There are too many texts", "Send at most SEVA_MAX_BATCH texts at once."
    ),
    "body-too-large": ProblemKind(413, "The body is too large", "Send less."),
    "audio-too-large": ProblemKind(
        413, "The recording is too large", "Send at most SEVA_MAX_AUDIO_BYTES bytes."
    ),
    "audio-too-long": ProblemKind(
        413, "The recording is too long", "Send at most SEVA_MAX_AUDIO_SECONDS seconds."
    ),
    "unsupported-media-type": ProblemKind(
        415, "The body has the wrong type", "See /openapi.json for the content type."
    ),
    "empty-text": ProblemKind(
        422, "There is nothing to understand", "Send a text with at least one visible character."
    ),
    "invalid-request": ProblemKind(
        422, "A field is missing or wrong", "See `detail` and /openapi.json."
    ),
    "unknown-service": ProblemKind(
        422, "There is no such service", "Name one that `GET /services` tells."
    ),
    "unreadable-audio": ProblemKind(
        422, "The recording cannot be decoded", "Send OGG/Opus, MP3, WAV, M4A or WebM."
    ),
    "empty-audio": ProblemKind(422, "The recording is empty", "Record again."),
    "hearing-failed": ProblemKind(
        422,
        "The process that heard the recording hung or died",
        "Send another recording; the operator finds numbers under `deadlines` in data/speech.yml.",
    ),
    "nothing-heard": ProblemKind(
        422, "No words were heard in the recording", "See `transcript.warnings`; record again."
    ),
    "rate-exceeded": ProblemKind(
        429, "The key's rate is used up", "Try again after Retry-After seconds."
    ),
    "quota-exceeded": ProblemKind(
        429, "The key's quota is used up", "Try again after Retry-After seconds."
    ),
    "internal-error": ProblemKind(
        500, "Something went wrong here", "Try again; tell the operator the time if it stays."
    ),
    "model-not-ready": ProblemKind(
        503, "No model is loaded", "Wait, or run `seva train` and `seva promote`."
    ),
    "speech-not-ready": ProblemKind(
        503, "No speech model is loaded", "See docs/voice.md and SEVA_WHISPER_MODEL."
    ),
    "too-many-recordings": ProblemKind(
        503,
        "Too many recordings wait to be heard",
        "Try again after Retry-After; see SEVA_HEARING_PROCESSES.",
    ),
    "limits-unavailable": ProblemKind(
        503, "The key's use cannot be counted now", "Try again after Retry-After seconds."
    ),
    "inbox-unavailable": ProblemKind(
        503, "The message could not be kept", "Deliver it again later; WhatsApp does."
    ),
    "draining": ProblemKind(
        503,
        "The server is about to stop",
        "Send new requests to another server; this one still answers what reaches it.",
    ),
    "not-ready": ProblemKind(
        503, "The server is not ready", "Try again; the internal listener says why."
    ),
}


class Problem(Exception):
    """Stops a request with one of the `KINDS`. `extra` are more members of the document."""

    def __init__(
        self, name: str, detail: str | None = None, retry_after: int | None = None, **extra: Any
    ) -> None:
        """`retry_after`: seconds until the client should try again."""
        super().__init__(name)
        self.name, self.detail, self.extra = name, detail, extra
        self.retry_after = retry_after

    def document(self) -> dict[str, Any]:
        """The problem document."""
        kind = KINDS[self.name]
        return {
            "type": f"/problems/{self.name}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail or kind.remedy,
            **self.extra,
        }

    def response(self) -> Response:
        """The problem as an HTTP answer."""
        kind = KINDS[self.name]
        headers = {}
        if kind.status == 408:
            headers["Connection"] = "close"  # the rest of the body is not waited for
        if kind.status == 401 and self.name == "unauthorised":
            headers["WWW-Authenticate"] = "Bearer"
        if kind.status == 503 or self.retry_after is not None:
            headers["Retry-After"] = str(_RETRY_S if self.retry_after is None else self.retry_after)
        text = json.dumps(self.document(), ensure_ascii=False)
        return Response(text, kind.status, headers, MEDIA_TYPE)


def explanation(name: str) -> dict[str, Any] | None:
    """The answer at the `type` of a problem, or None if there is no such problem."""
    kind = KINDS.get(name)
    if kind is None:
        return None
    return {
        "type": f"/problems/{name}",
        "title": kind.title,
        "status": kind.status,
        "remedy": kind.remedy,
    }
