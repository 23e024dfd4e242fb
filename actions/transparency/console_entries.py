"""Entries of the log about what was done in the console: hashes, for the console's own audit.

The console keeps what was done; the log keeps a hash of each row, which tells nobody anything
(a random number is hashed with it). Whoever changes or deletes a row contradicts the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.transparency.merkle import HASH_SIZE
from actions.transparency.published import PublishedLog
from actions.transparency.tiles import WIDTH, bundles, unpack_entries

_MARK = b"seva-console/v1\n"
_MOST = 16 * WIDTH
"""Entries that one call takes or reads."""


def entry(digest: bytes) -> bytes:
    """The entry of the log. Raises ValueError for what is no SHA-256."""
    if len(digest) != HASH_SIZE:
        raise ValueError("a digest has 32 bytes")
    return _MARK + digest


def read_digest(entry: bytes) -> bytes | None:
    """The digest in an entry; None for an entry about something else."""
    digest = entry.removeprefix(_MARK)
    return digest if len(entry) == len(_MARK) + HASH_SIZE and digest != entry else None


def console_entries_app(open_log: Callable[[], PublishedLog]) -> Starlette:
    """`POST` appends digests and gives the index of the first; `GET ?start=` lists some, and where
    to go on. For our own processes only."""

    async def append(request: Request) -> Response:
        try:
            given = (await request.json())["digests"]
            entries = [entry(bytes.fromhex(one)) for one in given]
        except (ValueError, TypeError, KeyError):
            raise HTTPException(422, "`digests` must be a list of SHA-256 in hex") from None
        if not 0 < len(entries) <= _MOST:
            raise HTTPException(422, f"1 to {_MOST} digests")
        first = await asyncio.to_thread(lambda: open_log().append_many(entries)[0])
        return JSONResponse({"first": first})

    async def read(request: Request) -> Response:
        start = request.query_params.get("start", "0")
        if not start.isdecimal():
            raise HTTPException(422, "`start` must be a number")
        return JSONResponse(await asyncio.to_thread(_some, open_log(), int(start)))

    routes = [Route("/", append, methods=["POST"]), Route("/", read, methods=["GET"])]
    return Starlette(routes=routes)


def _some(log: PublishedLog, start: int) -> dict[str, Any]:
    size = log.size
    end = min(size, start - start % WIDTH + _MOST)  # whole bundles: others may not be there
    found = []
    for bundle in bundles(start, end):
        first = bundle.index * WIDTH
        for at, one in enumerate(unpack_entries(log.read_tile(bundle)), first):
            if start <= at < end and (digest := read_digest(one)):
                found.append([at, digest.hex()])
    return {"size": size, "next": end if end < size else None, "entries": found}
