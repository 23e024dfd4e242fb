"""What a request is called: `X-Request-ID` and W3C Trace Context, in its answer and its log lines.

Clients choose their own `X-Request-ID`, and some take a phone number; so it goes back to them and
into no log. Log lines carry the ids of the trace, which are random by their standard.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlu.trace import HEADER, Span, TraceContext, quiet, span

_SANE_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_UNSEEN = ("/health", "/metrics")
"""What monitors ask every few seconds is in no trace."""


class RequestTrace:
    """Names each request, in `X-Request-ID` and `traceresponse` of its answer, whatever it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope)
        with _within(scope, given.getlist(HEADER)) as one:
            wished = given.get("x-request-id", "")
            request_id = wished if _SANE_ID.fullmatch(wished) else one.context.span_id

            async def named(message: Message) -> None:
                if message["type"] == "http.response.start":
                    headers = MutableHeaders(scope=message)
                    headers["X-Request-ID"] = request_id
                    headers["traceresponse"] = str(one.context)
                    _tell(one, scope, message["status"])
                await send(message)

            await self._app(scope, receive, named)


def _within(scope: Scope, traceparents: list[str]) -> AbstractContextManager[Span]:
    """A span in the caller's trace; in a new one if there is none or it is malformed."""
    caller = TraceContext.read(traceparents[0]) if len(traceparents) == 1 else None
    if scope["path"].startswith(_UNSEEN):
        return quiet(caller)
    method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
    return span(method, "server", {"http.request.method": method}, parent=caller)


def _tell(one: Span, scope: Scope, status: int) -> None:
    """Names the span by its route. A path that is none of ours may hold anything, and is left
    out."""
    if "endpoint" in scope and not scope.get("path_params"):
        one.rename(f"{scope['method']} {scope['path']}")
        one.set_attribute("http.route", scope["path"])
    one.set_attribute("http.response.status_code", status)
    if status >= 500:
        one.fail(str(status))
