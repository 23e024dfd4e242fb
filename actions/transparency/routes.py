"""HTTP routes of a log, as C2SP tlog-tiles names them: checkpoint, tiles, and the public key."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Response

from actions.transparency.published import PublishedLog
from actions.transparency.tiles import NAME

_TEXT = "text/plain; charset=utf-8"
_FOR_EVER = "public, max-age=31536000, immutable"
_NOW = "no-cache"
_ANYWHERE = {"access-control-allow-origin": "*"}  # pages of other departments may read a log


def build(log: PublishedLog, prefix: str = "/log") -> APIRouter:
    """Serves what everybody may fetch of an open log, also what other processes append to it."""
    router = APIRouter(prefix=prefix, tags=["log"])

    @router.get("/checkpoint")
    def checkpoint() -> Response:
        """The latest checkpoint: a signed note."""
        return _answer(log.published("checkpoint"), _TEXT, _NOW)

    @router.get("/cosigned")
    def cosigned() -> Response:
        """The latest checkpoint that witnesses have signed."""
        return _answer(log.published("cosigned"), _TEXT, _NOW)

    @router.get("/key")
    def key() -> Response:
        """The public key that checks checkpoints: name, id and key."""
        return _answer(log.published("key"), _TEXT, _NOW)

    @router.get("/tile/{name:path}")
    def tile(name: str) -> Response:
        """A tile of the tree, or a bundle of entries."""
        if not NAME.fullmatch(name):
            raise HTTPException(404)
        return _answer(log.published(f"tile/{name}"), "application/octet-stream", _FOR_EVER)

    return router


def _answer(data: bytes | None, kind: str, caching: str) -> Response:
    if data is None:
        raise HTTPException(404)
    return Response(data, media_type=kind, headers={"cache-control": caching, **_ANYWHERE})
