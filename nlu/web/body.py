"""Reads the body of a request, and never more of it than is allowed."""

from __future__ import annotations

from starlette.requests import Request


class BodyTooLong(Exception):
    """The body has more bytes than it may have."""


async def read_body(request: Request, most: int) -> bytes:
    """The body. Raises BodyTooLong as soon as that is certain: by the length that the request
    announces, or by what came of it."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise BodyTooLong
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BodyTooLong
    return bytes(body)
