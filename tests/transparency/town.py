"""A log over real HTTP, its owner who may cheat, and its neighbours."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from fastapi import FastAPI

from actions.transparency.log import Log
from actions.transparency.routes import build

ORIGIN = "seva.example/log"


def log_app(log: Log) -> FastAPI:
    """The log's own routes and nothing else."""
    app = FastAPI()
    app.include_router(build(log))
    return app


def rewrite(log: Log, entries: Sequence[bytes]) -> Log:
    """The owner puts another history in place: tiles, checkpoint and all, signed by its own key."""
    root = log.folder.root
    log.close()
    forged = root.with_name("forged")
    shutil.rmtree(forged, ignore_errors=True)
    (forged / "public").mkdir(parents=True)
    shutil.copy(log.folder.key, forged / "log.key")
    shutil.copy(log.folder.verifier, forged / "public" / "key")
    Log.open(forged).append_many(entries)
    shutil.rmtree(root)
    forged.rename(root)
    return Log.open(root)


def entries(count: int, start: int = 0) -> list[bytes]:
    """Numbered entries."""
    return [(start + number).to_bytes(32, "big") for number in range(count)]
