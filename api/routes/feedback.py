"""`POST /feedback`: a backend tells whether what Seva understood was right.

What was wrong becomes a message for review, beside those of our own conversations; what was right
is one of the random share, or nothing.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.api_keys import ApiKey
from api.canary import Wish
from api.conversations.identity import NAME, NAMED, Conversation
from api.inbox.review import Arrival
from api.json_answer import json_response, read_json
from api.ports import Engine
from api.problems import Problem
from api.review.item import Item, item_of, key_of
from api.review.pick import CORRECTED, RANDOM, in_share
from api.review.rules import load_rules
from api.routes import versions
from api.runtime import Runtime, runtime
from nlu.catalogue.yaml_source import did_you_mean
from nlu.log import describe, get_logger
from nlu.text.script import is_blank
from nlu.turn import Understanding

log = get_logger(__name__)
_BYTES_A_CHARACTER = 48  # JSON escapes of a surrogate pair, and room for white space
_REST = 4096
_INTENT = re.compile(r"[a-z][a-z0-9_]{0,127}")
_CONVERSATION = "x-conversation-id"


@dataclass(frozen=True)
class Feedback:
    """What a backend told. `intent` is what Seva said, `intended` what was meant, where it knows;
    `request_id` names the request, so that it can be told twice."""

    text: str
    language: str | None
    intent: str
    correct: bool
    intended: str
    request_id: str


async def feedback(request: Request) -> Response:
    """Keeps a message for review: 202, and whether it was kept."""
    now = runtime(request)
    with now.metrics.answer_seconds.labels("feedback").time():
        key = now.keys.check(request.headers.get("authorization"), "parse")
        most = now.settings.max_text_chars * _BYTES_A_CHARACTER + _REST
        told = read_feedback(now, await read_json(request, most))
        await now.keys.spend(key)
        wanted = not told.correct or in_share(told.request_id, now.settings.review_percent)
        kept = wanted and now.settings.keep_review_days > 0
        if kept:
            await _keep(now, request, key, told)
    return json_response({"kept": kept}, 202)


async def _keep(now: Runtime, request: Request, key: ApiKey, told: Feedback) -> None:
    item = replace(await _item(now, request, key, told), chosen=told.intended, said=told.intent)
    mark = hashlib.sha256(f"{key.owner}\n{told.request_id}".encode()).hexdigest()[:32]
    reason = RANDOM if told.correct else CORRECTED
    arrival = Arrival(f"feedback:{mark}", _lane(request, key), reason, item.sealed())
    if now.inbox is None:
        raise Problem("inbox-unavailable")
    try:
        await now.inbox.report([arrival])
    except Exception as error:
        log.error("feedback_not_kept", error=describe(error))
        raise Problem("inbox-unavailable") from None


async def _item(now: Runtime, request: Request, key: ApiKey, told: Feedback) -> Item:
    """The message with what the model that answers this citizen makes of it now, or the one that
    the headers name; without that where there is none."""
    rules = load_rules()
    try:
        engine = _engine(now, request)
        found = await engine.parse(told.text, told.language, key.client)
    except Exception as error:
        log.error("feedback_not_understood", error=describe(error))
        language = told.language or now.catalogue.languages.default
        words = Understanding(told.text, "", key_of(told.text, language, rules))
        return item_of(words, rules)
    return item_of(_understanding(found, told), rules)


def _engine(now: Runtime, request: Request) -> Engine:
    try:
        return now.engines.chosen(Wish.of(request.headers))
    except Problem:  # the model that they were answered by is not here any more
        return now.engines.chosen(Wish())


def _understanding(found: dict[str, Any], told: Feedback) -> Understanding:
    return Understanding(
        text=told.text,
        kind=found["decision"]["kind"],
        key=told.language or found["language"]["key"],
        ranking=tuple((one["name"], float(one["confidence"])) for one in found["intent_ranking"]),
        marks=tuple((one["start"], one["end"], one["entity"]) for one in found["entities"]),
        model=found["model"],
    )


def _lane(request: Request, key: ApiKey) -> str:
    """The conversation that the client names, whose citizen may want it deleted, or the client."""
    name = request.headers.get(_CONVERSATION, "")
    return Conversation.of(key, name).lane if NAME.fullmatch(name) else key.owner


def read_feedback(now: Runtime, data: dict[str, Any]) -> Feedback:
    """The body. Raises problems."""
    text = data.get("text")
    if not isinstance(text, str):
        raise Problem("invalid-request", "`text` must be a string.")
    if len(text) > now.settings.max_text_chars:
        longest = now.settings.max_text_chars
        raise Problem("text-too-long", f"`text` may have at most {longest} characters.")
    if is_blank(text):
        raise Problem("empty-text")
    if not isinstance(data.get("correct"), bool):
        raise Problem("invalid-request", "`correct` must be true or false.")
    language, known = data.get("language"), now.catalogue.languages.keys
    if language is not None and (not isinstance(language, str) or language not in known):
        raise Problem("invalid-request", f"`language` must be null or one of {', '.join(known)}.")
    given = data.get("request_id")
    if given is not None and (not isinstance(given, str) or not NAME.fullmatch(given)):
        raise Problem("invalid-request", f"`request_id` {NAMED}, or be null.")
    return Feedback(
        text.encode("utf-8", "replace").decode("utf-8"),
        language,
        _intent(data.get("intent"), "`intent`"),
        data["correct"],
        _intended(now, data.get("intended")),
        given or uuid.uuid4().hex,
    )


def _intent(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _INTENT.fullmatch(value):
        raise Problem("invalid-request", f"{name} must be the name of an intent.")
    return value


def _intended(now: Runtime, value: Any) -> str:
    """A service or another intent of the live catalogue; empty where it was not told."""
    if value is None:
        return ""
    name = _intent(value, "`intended`")
    known = [*now.catalogue.services, *now.catalogue.conversation]
    if name not in known:
        mend = did_you_mean(name, sorted(known))
        raise Problem("unknown-service", f"There is no `{name}`: {mend}.")
    return name


routes = [Route(path, feedback, methods=["POST"]) for path in versions("/feedback")]
