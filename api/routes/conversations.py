"""`/v1/conversations/{conversation}/messages`: a channel that a backend brings itself.

A message is kept as WhatsApp's are, durable before the answer and once for its id, and the same
workers answer it. The replies lie ready until they are fetched.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.channel import REST
from api.conversations.identity import NAME, NAMED, Conversation
from api.conversations.long_poll import wanted
from api.conversations.message import Bounds, read_message
from api.conversations.reply import as_json
from api.inbox.port import Inbox, Progress
from api.json_answer import dump, is_known, json_response, read_json, weak_mark
from api.problems import Problem
from api.routes import VERSION_PREFIX
from api.runtime import Runtime, runtime
from nlu.log import describe, get_logger

log = get_logger(__name__)
_MESSAGES = f"{VERSION_PREFIX}/conversations/{{conversation}}/messages"
_MESSAGE = f"{_MESSAGES}/{{message}}"
_MOST = 100
"""Replies in one answer; who gets so many asks again."""
_REST_OF_BODY = 8192
_BYTES_A_CHARACTER = 12
_HIGHEST = (1 << 63) - 1


async def post(request: Request) -> Response:
    """Keeps a message. 202 with where its answer will be; 200 with the answer where it is there
    already, or comes while the client waits (`Prefer: wait=SECONDS`)."""
    now = runtime(request)
    request.scope["counted_as"] = _MESSAGES
    with now.metrics.answer_seconds.labels("conversation").time():
        key = now.keys.check(request.headers.get("authorization"), "conversations")
        conversation = Conversation.of(key, request.path_params["conversation"])
        bounds = _bounds(now)
        data = await read_json(request, _most_bytes(bounds))
        given, message = read_message(data, conversation, bounds)
        if message.phone is not None and "phones" not in key.scopes:
            raise Problem("missing-scope", "The key may not vouch for a phone number (`phones`).")
        await now.keys.spend(key)
        new = await _kept(now, _inbox(now).put([message]))
        now.metrics.received.labels(REST.name, message.kind).inc()
        now.metrics.repeated.inc(1 - new)
    progress = await _progress(request, now, conversation, given)
    place = f"{VERSION_PREFIX}/conversations/{conversation.name}/messages/{given}"
    return _told(request, now, conversation, given, progress, {"Location": place}, 202)


async def one(request: Request) -> Response:
    """How far a message got, and the replies to it."""
    now = runtime(request)
    request.scope["counted_as"] = _MESSAGE
    conversation = _conversation(request, now)
    given = request.path_params["message"]
    if not NAME.fullmatch(given):
        raise Problem("invalid-request", f"The message {NAMED}.")
    progress = await _progress(request, now, conversation, given)
    return _told(request, now, conversation, given, progress, {}, 200)


async def replies(request: Request) -> Response:
    """Replies and news behind the number `after`, which says that the client has all up to it.
    With `Prefer: wait=SECONDS` it is answered when there are any."""
    now = runtime(request)
    request.scope["counted_as"] = _MESSAGES
    conversation = _conversation(request, now)
    after = _number(request.query_params.get("after"))
    inbox, seen = _inbox(now), request.headers.get("if-none-match", "")
    if not (await _kept(now, inbox.citizen(conversation.lane))).known:
        raise Problem("unknown-conversation")
    if after is not None:
        gone = await _kept(now, inbox.replies.acknowledge(conversation.lane, after))
        now.metrics.fetched.inc(gone)
    newest: list[int] = []  # what was looked at last, so that a look without news opens no reply

    async def look() -> bytes | None:
        number = await inbox.replies.newest(conversation.lane)
        if newest == [number]:
            return None
        newest[:] = [number]
        body = await _ready(inbox, conversation, after or 0)
        return None if body is None or is_known(seen, weak_mark(body)) else body

    seconds = wanted(request, now.settings.conversation_wait_seconds)
    body = await _kept(now, now.long_polls.until(request, seconds, look))
    headers = {"Cache-Control": "private, no-cache", **_applied(request, seconds)}
    if body is None:
        body = await _kept(now, _ready(inbox, conversation, after or 0))
        body = dump({"replies": [], "after": after or 0}) if body is None else body
    headers["ETag"] = weak_mark(body)
    if is_known(seen, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


async def _ready(inbox: Inbox, conversation: Conversation, after: int) -> bytes | None:
    """The answer; None where there is nothing."""
    found = await inbox.replies.after(conversation.lane, after, _MOST)
    if not found:
        return None
    told = [as_json(reply, conversation) for reply in found]
    return dump({"replies": told, "after": found[-1].number})


async def _progress(
    request: Request, now: Runtime, conversation: Conversation, given: str
) -> Progress:
    """How far a message is when it is answered, or the client has waited long enough."""
    found = _inbox(now).replies, conversation.lane, conversation.message_id(given)

    async def look() -> Progress | None:
        progress = await found[0].progress(*found[1:])
        if progress is None:
            raise Problem("unknown-conversation")
        return progress if progress.is_over else None

    seconds = wanted(request, now.settings.conversation_wait_seconds)
    progress = await _kept(now, now.long_polls.until(request, seconds, look))
    progress = progress or await _kept(now, found[0].progress(*found[1:]))
    if progress is None:
        raise Problem("unknown-conversation")
    return progress


def _told(
    request: Request,
    now: Runtime,
    conversation: Conversation,
    given: str,
    progress: Progress,
    headers: dict[str, str],
    while_waiting: int,
) -> Response:
    state = "waiting"
    if progress.is_over:
        state = "given_up" if progress.is_given_up else "answered"
    seconds = wanted(request, now.settings.conversation_wait_seconds)
    told = [as_json(reply, conversation) for reply in progress.replies]
    body = {"id": given, "state": state, "replies": told}
    status = 200 if progress.is_over else while_waiting
    return json_response(body, status, {**headers, **_applied(request, seconds)})


def _applied(request: Request, seconds: float) -> dict[str, str]:
    return {"Preference-Applied": f"wait={seconds:.0f}"} if seconds else {}


def _conversation(request: Request, now: Runtime) -> Conversation:
    key = now.keys.check(request.headers.get("authorization"), "conversations")
    return Conversation.of(key, request.path_params["conversation"])


def _bounds(now: Runtime) -> Bounds:
    settings = now.settings
    audio = min(settings.conversation_audio_bytes, settings.max_audio_bytes)
    return Bounds(settings.max_text_chars, audio, now.catalogue.languages.reply)


def _most_bytes(bounds: Bounds) -> int:
    """A body with the longest recording in base64, or the longest text in escapes."""
    return bounds.audio * 4 // 3 + bounds.text * _BYTES_A_CHARACTER + _REST_OF_BODY


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and int(text[:20]) <= _HIGHEST):
        raise Problem("invalid-request", "`after` must be the number of a reply, or 0.")
    return int(text)


def _inbox(now: Runtime) -> Inbox:
    if now.inbox is None:
        raise Problem("inbox-unavailable")
    return now.inbox


async def _kept(now: Runtime, asked: Any) -> Any:
    """What the store answers. Raises the problem `inbox-unavailable`."""
    try:
        return await asked
    except Problem:
        raise
    except Exception as error:
        log.error("conversation_not_kept", error=describe(error))
        raise Problem("inbox-unavailable") from None


routes = [
    Route(_MESSAGES, post, methods=["POST"]),
    Route(_MESSAGES, replies, methods=["GET"]),
    Route(_MESSAGE, one, methods=["GET"]),
]
