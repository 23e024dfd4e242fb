"""The desk over HTTP, for the console: on the action server's listener, behind its secret.

Each call names the officer and the departments that they may see. A request of another department
is a 404, so that nobody learns of it. Stores are read in threads.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import unquote

import regex
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.citizens.handover import WAITING, Case
from actions.desk import suggested, view
from actions.desk.cases import MINE, NotYours, Officer
from actions.desk.place import Desk
from actions.desk.presence import Presence
from actions.desk.words import department_title
from actions.news.notices import NoticeRefused
from nlu.action_address import DEPARTMENTS, OFFICER
from nlu.log import describe, get_logger
from nlu.storage.sealing import Unreadable
from nlu.text.script import is_blank
from nlu.web.body import BodyTooLong, read_body

_LOG = get_logger(__name__)
_MOST_BYTES = 64 * 1024
_LONGEST = 4000
"""Characters that an officer says at once: what WhatsApp takes in one message."""
_SECONDS = 3.0
"""How long an officer waits for the outbox; it is tried again in the background."""
_NAME = regex.compile(r"[A-Za-z0-9-]{8,64}")
_ID = regex.compile(r"[^\s,]{1,200}")
InDesk = Callable[[], AbstractContextManager[Desk]]
"""Inside, work is done on the live release."""
Handler = Callable[[Request, Desk, Officer], Awaitable[Mapping[str, Any]]]


class DeskRoutes:
    """The application; belongs to the event loop of the desk's way to the outbox."""

    def __init__(self, in_desk: InDesk) -> None:
        self._in_desk = in_desk
        self._presence: Presence | None = None

    def app(self) -> Starlette:
        """All of them. Whoever mounts it admits callers."""
        case = "/cases/{number}"
        posts: dict[str, Handler] = {
            "claim": self._claim,
            "release": self._release,
            "say": self._say,
            "note": self._note,
            "transfer": self._transfer,
            "close": self._close,
        }
        routes = [
            Route("/settings", self._answered(self._settings), methods=["GET"]),
            Route("/cases", self._answered(self._list), methods=["GET"]),
            Route(case, self._answered(self._show), methods=["GET"]),
            *(
                Route(f"{case}/{name}", self._answered(handler), methods=["POST"])
                for name, handler in posts.items()
            ),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _refused})

    def _answered(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            officer = _officer(request)
            try:
                with self._in_desk() as desk:
                    await self._seen(desk, officer)
                    return JSONResponse(dict(await handler(request, desk, officer)))
            except KeyError:
                raise HTTPException(404, "not_found") from None
            except NotYours as error:
                raise HTTPException(409, error.why) from None
            except Unreadable:
                raise HTTPException(409, "unreadable") from None
            except HTTPException:
                raise
            except Exception as error:  # its message may quote the citizen
                _LOG.error("desk_failed", error=describe(error))
                raise HTTPException(500, "failed") from None

        return answer

    async def _seen(self, desk: Desk, officer: Officer) -> None:
        """Notes that an officer is here, whatever page they look at."""
        if self._presence is None:
            self._presence = Presence(desk.handovers.engine)
        if self._presence.is_due(officer):
            await asyncio.to_thread(self._presence.seen, officer)

    # --- what is read ------------------------------------------------------------------------

    async def _settings(self, request: Request, desk: Desk, officer: Officer) -> dict[str, Any]:
        language, words = _language(request, desk), desk.words
        assert self._presence is not None
        here = await asyncio.to_thread(self._presence.on_duty, officer, words.on_duty_minutes)
        hours = words.hours
        return {
            "departments": [
                {"id": name, "title": department_title(desk.catalogue, name, language)}
                for name in desk.departments()
            ],
            "reasons": [
                {"id": name, "title": one.title[language]}
                for name, one in words.reasons.items()
                if one.chosen
            ],
            "hours": {
                "days": list(hours.days),
                "opens": hours.opens,
                "closes": hours.closes,
                "open": hours.are_now(desk.now()),
            },
            "on_duty": here,
        }

    async def _list(self, request: Request, desk: Desk, officer: Officer) -> dict[str, Any]:
        asked = request.query_params
        state, department = asked.get("state", WAITING), asked.get("department") or None
        language, cases = _language(request, desk), desk.cases
        after, kind = _place(asked.get("after", "")), asked.get("kind") or None
        try:
            page = await asyncio.to_thread(cases.list, officer, state, department, after, kind)
        except ValueError:
            raise HTTPException(400, "state") from None
        end = page.following
        return {
            "cases": [view.row(one, desk.catalogue, language) for one in page.cases],
            "after": f"{end[0]!r},{end[1]}" if end else None,
            "waiting": await asyncio.to_thread(cases.count, officer, WAITING),
            "mine": await asyncio.to_thread(cases.count, officer, MINE),
        }

    async def _show(self, request: Request, desk: Desk, officer: Officer) -> dict[str, Any]:
        """The request; with `since` only what was said after that place."""
        number, since = request.path_params["number"], request.query_params.get("since", "")
        language = _language(request, desk)
        case = await asyncio.to_thread(desk.cases.one, number, officer)
        if since.isdecimal():
            found = await asyncio.to_thread(desk.handovers.talk.entries, number, int(since))
            told = [view.entry(one, desk.catalogue, language) for one in found]
            return {"case": view.row(case, desk.catalogue, language), "entries": told}
        talk = await asyncio.to_thread(desk.handovers.talk.last, number)
        theirs = await _language_of(desk, case)
        kept = case, desk.catalogue

        def told_all() -> dict[str, Any]:
            return {
                "case": {**view.whole(case, desk.catalogue, language), "answered_in": theirs},
                "entries": [view.entry(one, desk.catalogue, language) for one in talk],
                "answers": suggested.canned(*kept, desk.words, theirs, language),
                "suggestions": suggested.suggested(*kept, talk, theirs, language),
            }

        return await asyncio.to_thread(told_all)

    # --- what is done ------------------------------------------------------------------------

    async def _claim(self, request: Request, desk: Desk, officer: Officer) -> dict[str, Any]:
        before = await asyncio.to_thread(desk.cases.one, request.path_params["number"], officer)
        told = await _done(request, desk, officer, desk.cases.claim)
        if not before.entries:  # nobody had taken it before
            desk.waited(before.record.service, before.opened)
        return told

    async def _release(self, request: Request, desk: Desk, officer: Officer) -> dict[str, Any]:
        return await _done(request, desk, officer, desk.cases.release)

    async def _say(self, request: Request, desk: Desk, officer: Officer) -> dict[str, Any]:
        said = await _words(request)
        return await _done(request, desk, officer, desk.cases.say, *said)

    async def _note(self, request: Request, desk: Desk, officer: Officer) -> dict[str, Any]:
        said = await _words(request)
        return await _done(request, desk, officer, desk.cases.note, *said)

    async def _transfer(self, request: Request, desk: Desk, officer: Officer) -> dict[str, Any]:
        body = await _body(request)
        department, note = body.get("department"), body.get("note", "")
        if department not in desk.departments():
            raise HTTPException(400, "department")
        if not isinstance(note, str) or len(note) > _LONGEST:
            raise HTTPException(400, "note")
        return await _done(
            request, desk, officer, desk.cases.transfer, department, note.strip(), shown=False
        )

    async def _close(self, request: Request, desk: Desk, officer: Officer) -> dict[str, Any]:
        reason = (await _body(request)).get("reason")
        reasons = desk.words.reasons
        if not isinstance(reason, str) or reason not in reasons or not reasons[reason].chosen:
            raise HTTPException(400, "reason")
        return await _done(request, desk, officer, desk.cases.close, reason)


async def _done(
    request: Request,
    desk: Desk,
    officer: Officer,
    change: Callable[..., None],
    *more: str,
    shown: bool = True,
) -> dict[str, Any]:
    """Does it, and takes what is said to the citizen to the outbox. `sent`: it is there. `shown`:
    the officer may still see the request."""
    number = request.path_params["number"]
    await asyncio.to_thread(change, number, officer, *more)
    try:
        sent = await asyncio.wait_for(desk.delivery.deliver(number), _SECONDS)
    except asyncio.TimeoutError:
        sent = False
    if not shown:
        return {"sent": sent}
    case = await asyncio.to_thread(desk.handovers.case, number)
    language = _language(request, desk)
    return {"sent": sent, "case": view.row(case, desk.catalogue, language)}


async def _language_of(desk: Desk, case: Case) -> str:
    """The language that the citizen is answered in; as it was then, where nobody knows now."""
    try:
        found = await asyncio.wait_for(desk.language_of(case.citizen), _SECONDS)
    except (NoticeRefused, asyncio.TimeoutError):
        found = None
    return found or case.record.language


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _officer(request: Request) -> Officer:
    name = unquote(request.headers.get(OFFICER, ""))
    if not _ID.fullmatch(name):
        raise HTTPException(400, "officer")
    departments = unquote(request.headers.get(DEPARTMENTS, "")).split(",")
    return Officer(name, frozenset(one.strip() for one in departments if one.strip()))


def _language(request: Request, desk: Desk) -> str:
    """The officer's language."""
    languages = desk.catalogue.languages
    asked = request.query_params.get("language", "")
    return asked if asked in languages.reply else languages.default


def _place(after: str) -> tuple[float, str] | None:
    opened, comma, number = after.partition(",")
    try:
        return (float(opened), number) if comma else None
    except ValueError:
        raise HTTPException(400, "after") from None


async def _words(request: Request) -> tuple[str, str]:
    """What an officer says, and its name."""
    body = await _body(request)
    text, name = body.get("text"), body.get("id")
    if not isinstance(text, str) or is_blank(text) or len(text) > _LONGEST:
        raise HTTPException(400, "text")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise HTTPException(400, "id")
    return text.strip(), name


async def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await read_body(request, _MOST_BYTES))
    except BodyTooLong:
        raise HTTPException(413, "too_long", {"Connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(422, "cut_off") from None
    except (ValueError, RecursionError):
        raise HTTPException(422, "no_json") from None
    if not isinstance(body, dict):
        raise HTTPException(422, "no_json")
    return body
