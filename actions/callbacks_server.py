"""What others may call on the action server: the callbacks of departments, on a port of their own.

It runs in the event loop of the connectors; rasa-sdk's own server stays on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.context import Context
from actions.departments.callbacks import build_callbacks
from actions.payments.callbacks import callback_route

_GRACE = 5  # seconds for callbacks under way when the server stops


def callbacks_app(here: Context) -> Starlette:
    """Every route that others may call."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/health", health),
            *build_callbacks(here.departments).routes,
            callback_route(here.cashier.following),
        ]
    )


class CallbacksServer:
    """Serves `callbacks_app` from `start` to `stop`."""

    def __init__(self, here: Context, host: str, port: int) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._address = (host, port)
        config = uvicorn.Config(
            callbacks_app(here),
            access_log=False,
            log_config=None,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = _WithoutSignals(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listens. Raises OSError where the port is taken."""
        self._socket.bind(self._address)
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))

    async def stop(self) -> None:
        """Answers what is under way, then closes."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()


class _WithoutSignals(uvicorn.Server):
    """SIGTERM and Ctrl-C belong to rasa-sdk's server, which stops this one."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield
