"""`POST /parse`, `/parse/batch`, `/parse/voice`: what a message means.

Plain Starlette routes: the time that FastAPI's validation takes is most of the time of a parse.
`POST /model/parse` is `/parse` under the name that clients of Rasa know. A client that was tested
with one model asks for it with `Seva-Model`, and is never answered by another (`api.canary`).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive

from api.api_keys import ApiKey
from api.canary import MODEL_HEADER, Wish
from api.json_answer import json_response, read_json
from api.live_engine import NoModel
from api.ports import Engine
from api.problems import Problem
from api.routes import versions
from api.runtime import Runtime, runtime
from nlu.log import describe, get_logger
from nlu.speech.errors import SpeechError
from nlu.speech.pool import PoolFull
from nlu.text.script import is_blank

log = get_logger(__name__)
_BYTES_A_CHARACTER = 12  # a JSON escape of a surrogate pair
_REST = 4096
T = TypeVar("T")


async def parse(request: Request) -> Response:
    """One text."""
    now = runtime(request)
    started = time.perf_counter()
    with now.metrics.answer_seconds.labels("parse").time():
        key = _admitted(now, request, "parse")
        await now.keys.spend(key)
        settings = now.settings
        data = await read_json(request, settings.max_text_chars * _BYTES_A_CHARACTER * 4 + _REST)
        text = _text(now, data.get("text"))
        citizen = data.get("citizen")
        if not isinstance(citizen, (str, type(None))):
            raise Problem("invalid-request", "`citizen` must be null or a string.")
        language = _language(now, data.get("language"))
        wish = Wish.of(request.headers, citizen)
        answer = await _understood(
            now, wish, lambda engine: engine.parse(text, language, key.client)
        )
        _count(now, answer)
        response = _answered(now, "parse", answer, answer["model"])
    now.metrics.parse_seconds.observe(time.perf_counter() - started)
    return response


async def parse_batch(request: Request) -> Response:
    """Up to `SEVA_MAX_BATCH` texts. What is wrong with one of them is told at its place."""
    now = runtime(request)
    with now.metrics.answer_seconds.labels("batch").time():
        key = _admitted(now, request, "parse")
        settings = now.settings
        most = settings.max_batch * (settings.max_text_chars * 4 + 16) + _REST
        data = await read_json(request, most)
        texts = data.get("texts")
        if not isinstance(texts, list) or not texts:
            raise Problem("invalid-request", "`texts` must be a list with at least one text.")
        if len(texts) > settings.max_batch:
            raise Problem("batch-too-large", f"There may be at most {settings.max_batch} texts.")
        questions = _questions(now, texts, _languages(now, data, len(texts)))
        await now.keys.spend(key, len(texts))
        now.metrics.batch_texts.observe(len(texts))
        good = [question for question in questions if not isinstance(question, Problem)]
        wish = Wish.of(request.headers)
        model, answers = await _understood(
            now, wish, lambda engine: _each(engine, good, key.client)
        )
        found = iter(answers)
        results = [
            _item(index, question if isinstance(question, Problem) else next(found))
            for index, question in enumerate(questions)
        ]
        right = [result for result in results if "error" not in result]
        for result in right:
            _count(now, result)
        return _answered(now, "batch", {"results": results}, model, len(right))


async def parse_voice(request: Request) -> Response:
    """A recording: its transcript, and what that means."""
    now = runtime(request)
    with now.metrics.answer_seconds.labels("voice").time():
        key = _admitted(now, request, "voice")
        await now.keys.spend(key)
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
        answer = await _understood(
            now,
            Wish.of(request.headers),
            lambda engine: engine.parse_heard(transcript.readings()),
        )
        _count(now, answer)
        told = {**answer, "transcript": transcript.as_json()}
        return _answered(now, "voice", told, answer["model"])


def _admitted(now: Runtime, request: Request, scope: str) -> ApiKey:
    """The key of who may ask, for a model that can answer."""
    key = now.keys.check(request.headers.get("authorization"), scope)
    now.engines.chosen(Wish.of(request.headers))
    return key


def _count(now: Runtime, answer: Mapping[str, Any]) -> None:
    kind = (answer.get("decision") or {}).get("kind", "")
    now.metrics.model_decisions.labels(answer["model"], kind).inc()
    now.metrics.decisions.labels(kind, (answer.get("language") or {}).get("key", "")).inc()


def _answered(now: Runtime, route: str, value: Any, model: str, texts: int = 1) -> Response:
    """An answer, named after the model that gave it; none did where no text could be asked."""
    if not texts:
        return json_response(value)
    now.metrics.understood.labels(route, model).inc(texts)
    return json_response(value, headers={MODEL_HEADER: model})


Question = tuple[str, str | None]


def _questions(now: Runtime, texts: list[Any], languages: list[Any]) -> list[Question | Problem]:
    """Each text with its language, or what is wrong with them."""
    questions: list[Question | Problem] = []
    for index, (text, language) in enumerate(zip(texts, languages)):
        try:
            hint = _language(now, language, f"`languages[{index}]`")
            questions.append((_text(now, text, f"`texts[{index}]`"), hint))
        except Problem as problem:
            questions.append(problem)
    return questions


def _languages(now: Runtime, data: Mapping[str, Any], count: int) -> list[Any]:
    """The hint for each text: its own, or that of all."""
    for_all, each = _language(now, data.get("language")), data.get("languages")
    if each is None:
        return [for_all] * count
    if not isinstance(each, list) or len(each) != count:
        why = f"`languages` must be null or a list as long as `texts`, which has {count}."
        raise Problem("invalid-request", why)
    return [for_all if one is None else one for one in each]


async def _each(
    engine: Engine, questions: list[Question], client: str
) -> tuple[str, list[dict[str, Any] | BaseException]]:
    """The answers of one model, and which it is."""
    model = engine.model_id
    if not questions:
        return model, []
    texts, languages = zip(*questions)
    return model, await engine.parse_each(texts, languages, client)


def _item(index: int, found: dict[str, Any] | BaseException) -> dict[str, Any]:
    """A place in the answer to a batch."""
    if isinstance(found, dict):
        return {"index": index, **found}
    if not isinstance(found, Problem):
        log.error("parse_failed", error=describe(found))
        found = Problem("internal-error")
    return {"index": index, "error": found.document()}


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
    return recording, _language(now, fields.get("language"))


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


def _language(now: Runtime, language: Any, name: str = "`language`") -> str | None:
    known = now.catalogue.languages.keys
    if language is None:
        return None
    if not isinstance(language, str) or language not in known:
        raise Problem("invalid-request", f"{name} must be null or one of {', '.join(known)}.")
    return language


async def _understood(now: Runtime, wish: Wish, ask: Callable[[Engine], Awaitable[T]]) -> T:
    """What the model says. Another one may have gone live while the body came, so it is chosen at
    the moment of asking; nothing comes in between."""
    engine = now.engines.chosen(wish)
    try:
        return await ask(engine)
    except NoModel as error:
        raise Problem("model-not-ready", str(error) or None) from None
    except Exception as error:
        log.error("parse_failed", error=describe(error))
        raise Problem("internal-error") from None


_HANDLERS = {"/parse": parse, "/parse/batch": parse_batch, "/parse/voice": parse_voice}
routes = [
    *(Route(at, do, methods=["POST"]) for path, do in _HANDLERS.items() for at in versions(path)),
    Route("/model/parse", parse, methods=["POST"]),
]
