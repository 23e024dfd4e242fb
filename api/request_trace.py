"""What a request is called: `X-Request-ID` and W3C Trace Context, in its answer and its log lines.

Clients choose their own `X-Request-ID`, and some take a phone number; so it goes back to them and
into no log. Log lines carry the ids of the trace, which are random by their standard.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

_SANE_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True)
class Span:
    """One request in its trace. `flags` are those of the caller: whether it records the trace."""

    trace_id: str
    span_id: str
    flags: str = "00"

    @classmethod
    def within(cls, traceparents: Sequence[str]) -> Span:
        """A new span in the caller's trace; in a new trace if there is none or it is malformed."""
        found = _TRACEPARENT.fullmatch(traceparents[0].strip()) if len(traceparents) == 1 else None
        span_id = secrets.token_hex(8)
        if found is None:
            return cls(secrets.token_hex(16), span_id)
        version, trace_id, parent, flags, more = found.groups()
        known = version != "ff" and not (version == "00" and more)
        if not known or not int(trace_id, 16) or not int(parent, 16):
            return cls(secrets.token_hex(16), span_id)
        return cls(trace_id, span_id, flags)

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


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
        span = Span.within(given.getlist("traceparent"))
        wished = given.get("x-request-id", "")
        request_id = wished if _SANE_ID.fullmatch(wished) else span.span_id

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers["traceresponse"] = str(span)
            await send(message)

        with bound_contextvars(trace_id=span.trace_id, span_id=span.span_id):
            await self._app(scope, receive, named)
