"""`POST /parse`, `/parse/batch`, `/parse/voice`: what a message means.

Plain Starlette routes: the time that FastAPI's validation takes is most of the time of a parse.
`POST /model/parse` is `/parse` under the name that clients of Rasa know.
"""

from __future__ import annotations

import time
from typing import Any

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive

from api.json_answer import json_response, read_json
from api.live_engine import NoModel
from api.problems import Problem
from api.runtime import Runtime, runtime
from nlu.log import describe, get_logger
from nlu.speech.errors import SpeechError
from nlu.speech.pool import PoolFull
from nlu.text.script import is_blank

log = get_logger(__name__)
_BYTES_A_CHARACTER = 12  # a JSON escape of a surrogate pair
_REST = 4096


async def parse(request: Request) -> Response:
    """One text."""
    now = runtime(request)
    started = time.perf_counter()
    key = now.keys.check(request.headers.get("authorization"), "parse")
    now.keys.spend(key)
    settings = now.settings
    data = await read_json(request, settings.max_text_chars * _BYTES_A_CHARACTER * 4 + _REST)
    text = _text(now, data.get("text"))
    if not isinstance(data.get("citizen"), (str, type(None))):
        raise Problem("invalid-request", "`citizen` must be null or a string.")
    answer = await _understand(now.engine.parse(text, _language(now, data), key.client))
    _count(now, answer)
    response = json_response(answer)
    now.metrics.parse_seconds.observe(time.perf_counter() - started)
    return response


async def parse_batch(request: Request) -> Response:
    """Up to `SEVA_MAX_BATCH` texts in one pass through the model."""
    now = runtime(request)
    key = now.keys.check(request.headers.get("authorization"), "parse")
    settings = now.settings
    most = settings.max_batch * (settings.max_text_chars * 4 + 16) + _REST
    data = await read_json(request, most)
    texts = data.get("texts")
    if not isinstance(texts, list) or not texts:
        raise Problem("invalid-request", "`texts` must be a list with at least one text.")
    if len(texts) > settings.max_batch:
        raise Problem("batch-too-large", f"There may be at most {settings.max_batch} texts.")
    language = _language(now, data)
    checked = [_text(now, text, f"`texts[{number}]`") for number, text in enumerate(texts)]
    now.keys.spend(key, len(checked))
    languages = [language] * len(checked)
    answers = await _understand(now.engine.parse_many(checked, languages, key.client))
    for answer in answers:
        _count(now, answer)
    return json_response({"results": answers})


async def parse_voice(request: Request) -> Response:
    """A recording: its transcript, and what that means."""
    now = runtime(request)
    key = now.keys.check(request.headers.get("authorization"), "voice")
    now.keys.spend(key)
    recording, language = await _recording(request, now)
    prior = language.split("-")[0] if language else None
    try:
        transcript = await now.transcriber.transcribe(recording, prior, key.client)
    except SpeechError as error:
        raise Problem(error.code.replace("_", "-")) from None
    except PoolFull:
        raise Problem("too-many-recordings") from None
    except Exception as error:
        log.error("speech_failed", error=describe(error))
        raise Problem("speech-not-ready") from None
    if is_blank(transcript.text):
        raise Problem("nothing-heard", transcript=transcript.as_json())
    answer = await _understand(now.engine.parse_heard(transcript.readings()))
    _count(now, answer)
    return json_response({**answer, "transcript": transcript.as_json()})


async def _recording(request: Request, now: Runtime) -> tuple[bytes, str | None]:
    """The first file of the form, and the field `language`."""
    most = now.settings.max_audio_bytes
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise Problem("unsupported-media-type", "Send the recording as multipart/form-data.")
    limited = Request(request.scope, _limited(request.receive, most + _REST))
    try:
        async with limited.form(max_files=1, max_fields=8) as form:
            files = [value for value in form.values() if isinstance(value, UploadFile)]
            if not files:
                raise Problem("invalid-request", "The form must hold a file, such as `audio`.")
            recording = await files[0].read()
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
    except (HTTPException, MultipartParseError, UnicodeDecodeError, KeyError):
        raise Problem("malformed-body", "The form cannot be read.") from None
    if not recording:
        raise Problem("empty-audio")
    if len(recording) > most:
        raise Problem("audio-too-large", f"A recording may have at most {most} bytes.")
    return recording, _language(now, fields)


def _limited(receive: Receive, most: int) -> Receive:
    """`receive` that gives up once more than `most` bytes came."""
    total = 0

    async def limited() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > most:
            raise Problem("audio-too-large")
        return message

    return limited


def _text(now: Runtime, text: Any, name: str = "`text`") -> str:
    if not isinstance(text, str):
        raise Problem("invalid-request", f"{name} must be a string.")
    longest = now.settings.max_text_chars
    if len(text) > longest:
        raise Problem("text-too-long", f"{name} may have at most {longest} characters.")
    if is_blank(text):
        raise Problem("empty-text")
    return text.encode("utf-8", "replace").decode("utf-8")


def _language(now: Runtime, data: dict[str, Any]) -> str | None:
    language = data.get("language")
    known = now.catalogue.languages.keys
    if language is None:
        return None
    if not isinstance(language, str) or language not in known:
        names = ", ".join(known)
        raise Problem("invalid-request", f"`language` must be null or one of {names}.")
    return language


def _count(now: Runtime, answer: dict[str, Any]) -> None:
    kind = (answer.get("decision") or {}).get("kind", "")
    now.metrics.decisions.labels(kind, (answer.get("language") or {}).get("key", "")).inc()


async def _understand(answer: Any) -> Any:
    try:
        return await answer
    except NoModel as error:
        raise Problem("model-not-ready", str(error) or None) from None
    except Exception as error:
        log.error("parse_failed", error=describe(error))
        raise Problem("internal-error") from None


routes = [
    Route("/parse", parse, methods=["POST"]),
    Route("/model/parse", parse, methods=["POST"]),
    Route("/parse/batch", parse_batch, methods=["POST"]),
    Route("/parse/voice", parse_voice, methods=["POST"]),
]
