"""What Rasa calls on the action server: an action by its name, and nothing else.

An action speaks for the citizen whom the request names. So whoever may send one can read and write
for everybody, and only the worker may.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from actions.departments.standstill import Standstill, StoodStill
from actions.server.metrics import timed
from actions.server.releases import NotHere, Releases
from actions.server.trampoline import beside_loop
from nlu.action_address import HEALTH, RELEASE, WEBHOOK, ActionAddress, authorization
from nlu.log import describe, get_logger
from nlu.trace import HEADER, Span, TraceContext, set_attribute, span
from nlu.web import Door
from nlu.web.body import BodyTooLong, read_body

log = get_logger(__name__)

NOTHING: Mapping[str, ASGIApp] = {}
Health = Callable[[], Awaitable[Mapping[str, Any]]]
"""What keeps the server from working; empty if nothing does."""


def webhook_app(
    executor: ActionExecutor,
    health: Health,
    address: ActionAddress,
    secret: str,
    max_bytes: int,
    seconds: float,
    releases: Releases | None = None,
    inside: Mapping[str, ASGIApp] = NOTHING,
) -> Door:
    """The application for one listener. Over TCP `secret` must not be empty, and each request but
    that for health must carry it. `max_bytes` and `seconds` are for one call, reading included.
    With `releases` each call runs on the one that it names. `inside`: applications by their paths,
    for others of our own processes."""
    if address.socket is None and not secret:
        raise ValueError(
            f"{address} can be called by everybody on this machine or network: set "
            "SEVA_ACTIONS_SECRET, the same for the worker, or SEVA_ACTION_SERVER_URL to `unix`"
        )
    standstill = Standstill()
    expected = authorization(secret).get("Authorization", "").encode()

    def admit(request: Request) -> None:
        given = request.headers.get("authorization", "").encode("latin-1")
        if expected and not hmac.compare_digest(given, expected):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})

    async def webhook(request: Request) -> Response:
        admit(request)
        told = {"http.request.method": "POST", "http.route": WEBHOOK}
        caller = TraceContext.read(request.headers.get(HEADER))
        with span(f"POST {WEBHOOK}", "server", told, parent=caller) as one:
            try:
                response = await in_time(request)
            except HTTPException as error:
                _tell(one, error.status_code)
                raise
            _tell(one, response.status_code)
        return response

    async def in_time(request: Request) -> Response:
        standstill.watch()
        began = time.monotonic()
        try:
            with on_its_release(request):
                return await asyncio.wait_for(answer(request), seconds)
        except NotHere as error:
            raise HTTPException(503, str(error)) from None
        except asyncio.TimeoutError:
            if standstill.is_since(began):
                raise HTTPException(503, "the server stood still") from None
            raise HTTPException(504, f"not done within {seconds:g} s") from None

    def on_its_release(request: Request) -> AbstractContextManager[object]:
        return releases.of_turn(request.headers.get(RELEASE, "")) if releases else nullcontext()

    async def answer(request: Request) -> Response:
        call = await asyncio.to_thread(_read, await _body(request, max_bytes))
        name = call["next_action"]
        with timed() as this:
            if name not in executor.actions:
                this.outcome = "refused"
                return _not_done(404, name, "there is no such action")
            this.action = name
            set_attribute("seva.action", name)
            try:
                result = await beside_loop(executor.run(call))
                this.outcome = "answered"
            except ActionExecutionRejection as error:  # Rasa knows it by the 400
                this.outcome = "refused"
                return _not_done(400, name, str(error))
            except StoodStill:
                this.outcome = "stood_still"
                return _not_done(503, name, "the server stood still")
            except Exception as error:  # its message may quote the citizen, so nobody is told it
                this.outcome = "failed"
                log.error("action_failed", action=name, error=describe(error))
                return _not_done(500, name, "the action failed")
        text = await asyncio.to_thread(json.dumps, result)
        return Response(text, media_type="application/json")

    async def healthy(request: Request) -> Response:
        trouble, asked = dict(await health()), request.query_params.get("action")
        if asked is not None:  # by a worker: whether its calls would be taken
            admit(request)
            if asked and asked not in executor.actions:
                trouble["action"] = "not known here"
            if releases and not releases.has(request.headers.get(RELEASE, "")):
                trouble["release"] = "not loaded yet"
        if trouble:
            return JSONResponse({"status": "unavailable", **trouble}, 503)
        return JSONResponse({"status": "ok"})

    async def other(request: Request) -> Response:
        admit(request)
        raise HTTPException(404)

    routes = [
        Route(WEBHOOK, webhook, methods=["POST"]),
        Route(HEALTH, healthy, methods=["GET"]),
        *(Mount(path, _Admitted(app, admit)) for path, app in inside.items()),
        Route("/{path:path}", other, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused})
    return Door(app, hosts=[address.host])


class _Admitted:
    """An application behind the secret."""

    def __init__(self, app: ASGIApp, admit: Callable[[Request], None]) -> None:
        self._app, self._admit = app, admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        self._admit(Request(scope))
        await self._app(scope, receive, send)


def _tell(one: Span, status: int) -> None:
    one.set_attribute("http.response.status_code", status)
    if status >= 500:
        one.fail(str(status))


async def _body(request: Request, max_bytes: int) -> bytes:
    """Refuses what a page could send unasked, and what may grow as it is unpacked."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or request.headers.get("content-encoding", "identity") not in (
        "",
        "identity",
    ):
        raise HTTPException(415, "only application/json, not compressed")
    try:
        return await read_body(request, max_bytes)
    except BodyTooLong:
        raise HTTPException(413, f"at most {max_bytes} bytes", {"Connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(422, "cut off") from None


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(422, "no JSON") from None
    if not isinstance(call, dict) or not isinstance(call.get("next_action"), str):
        raise HTTPException(422, "no action call")
    if not isinstance(call.get("tracker"), dict):
        raise HTTPException(422, "no action call")
    return call


def _not_done(status: int, action: str, why: str) -> Response:
    return JSONResponse({"error": why, "action_name": action}, status)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
