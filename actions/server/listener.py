"""One application on one socket, in the event loop of the action server."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

_GRACE = 5  # seconds for requests under way when the server stops
KEEP_S = 75
"""For so long a connection that nobody uses is kept: longer than by any caller (aiohttp: 15 s). A
server that closes first may do so just as a call is on its way, and that is lost."""
_LOOK = 0.01
_OWN = 0o600


class Listener:
    """Serves an ASGI application from `start` to `stop`; it does not close the socket's file."""

    def __init__(self, app: Any, taken: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_GRACE,
            timeout_keep_alive=KEEP_S,
        )
        self._socket = taken
        self._server = _WithoutSignals(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Answers from now on."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not (self._server.started or self._task.done()):
            await asyncio.sleep(_LOOK)

    async def stop(self) -> None:
        """Answers what is under way, then closes."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class _WithoutSignals(uvicorn.Server):
    """SIGTERM and Ctrl-C belong to the process, which stops all its listeners."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


@contextlib.contextmanager
def tcp_socket(host: str, port: int, setting: str) -> Iterator[socket.socket]:
    """A port that is taken from now on, and refuses connections until a listener starts. Raises
    ValueError with the setting that says where."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named. Without it the body of
    # an answer waits until its head is acknowledged: 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as taken:
        try:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((host, port))
        except OSError as error:
            raise ValueError(
                f"cannot listen on {host}:{port} ({_why(error)}): set {setting}"
            ) from None
        yield taken


@contextlib.contextmanager
def file_socket(path: Path, setting: str) -> Iterator[socket.socket]:
    """The same in the file system, where only this process' user can open it.

    Its owner holds a lock for as long as it lives, so what a killed one left behind is told from a
    socket in use.
    """
    with contextlib.ExitStack() as ends:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWN)
            ends.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.is_socket():
                path.unlink()
            taken = ends.enter_context(socket.socket(socket.AF_UNIX))
            before = os.umask(0o777 & ~_OWN)
            try:
                taken.bind(str(path))
            finally:
                os.umask(before)
            ends.callback(path.unlink, missing_ok=True)
        except BlockingIOError:
            raise ValueError(
                f"another action server listens at {path}: stop it, or set {setting} to another"
            ) from None
        except OSError as error:
            raise ValueError(f"cannot listen at {path} ({_why(error)}): set {setting}") from None
        yield taken


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)
