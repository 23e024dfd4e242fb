"""HTTP routes of a log, as C2SP tlog-tiles names them: checkpoint, tiles, and the public key."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException, Response

from actions.transparency.log import Log
from actions.transparency.tiles import NAME

_TEXT = "text/plain; charset=utf-8"
_FOR_EVER = "public, max-age=31536000, immutable"
_NOW = "no-cache"
_ANYWHERE = {"access-control-allow-origin": "*"}  # pages of other departments may read a log


def build(log: Log, prefix: str = "/log") -> APIRouter:
    """Serves the public files of an open log, with all that other processes append to it."""
    router = APIRouter(prefix=prefix, tags=["log"])
    public = log.folder.public

    @router.get("/checkpoint")
    def checkpoint() -> Response:
        """The latest checkpoint: a signed note."""
        return _file(public / "checkpoint", _TEXT, _NOW)

    @router.get("/cosigned")
    def cosigned() -> Response:
        """The latest checkpoint that witnesses have signed."""
        return _file(public / "cosigned", _TEXT, _NOW)

    @router.get("/key")
    def key() -> Response:
        """The public key that checks checkpoints: name, id and key."""
        return _file(public / "key", _TEXT, _NOW)

    @router.get("/tile/{name:path}")
    def tile(name: str) -> Response:
        """A tile of the tree, or a bundle of entries."""
        if not NAME.fullmatch(name):
            raise HTTPException(404)
        return _file(public / "tile" / name, "application/octet-stream", _FOR_EVER)

    return router


def _file(path: Path, kind: str, caching: str) -> Response:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise HTTPException(404) from error
    return Response(data, media_type=kind, headers={"cache-control": caching, **_ANYWHERE})
