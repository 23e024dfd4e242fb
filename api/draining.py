"""How a process of `seva serve` stops without an error for anybody.

It says first that it will stop: readiness is 503, and each answer closes its connection. Whoever
balances servers needs a while to notice, so it goes on answering meanwhile. Then it listens no
more, finishes the requests under way, and ends.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlu.log import get_logger

log = get_logger(__name__)
_TICK = 0.1
_ON_ITS_WAY = 0.5  # seconds; a connection was made just before the end, its request comes now


class Drain:
    """Whether this process is about to stop. Readiness and all answers of its listeners follow."""

    begun = False


class ClosingAnswers:
    """While the process is about to stop, each answer closes its connection (`Connection: close`),
    so that the client's next request goes to another server."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self._app, self._drain = app, drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and self._drain.begun:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, receive, closing)


class DrainingServer(uvicorn.Server):
    """A server that goes on answering for a while when it is asked to stop."""

    def __init__(
        self, config: uvicorn.Config, seconds: float, begin: Callable[[], None], *, alone: bool
    ) -> None:
        """`begin` tells everybody that it will stop. When it is `alone`, whoever asks it a second
        time ends it at once. One of several is asked by its supervisor, and by systemd or a
        terminal too, which signal all of them: that is no second time."""
        super().__init__(config)
        self._seconds, self._begin, self._alone = seconds, begin, alone

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or Ctrl-C."""
        if not self.should_exit:
            super().handle_exit(sig, frame)
        elif self._alone:
            self.force_exit = True

    async def main_loop(self) -> None:
        """Serves until it is asked to stop, and then until those who send should have noticed."""
        await super().main_loop()
        log.info("draining", seconds=self._seconds)
        self._begin()
        now = asyncio.get_running_loop().time
        until = now() + self._seconds
        for tick in itertools.count():
            if self.force_exit or now() >= until:
                return
            await self.on_tick(tick)  # keeps the time in the answers
            await asyncio.sleep(min(_TICK, self._seconds))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no more connections, and ends when the requests under way are finished."""
        for server in self.servers:
            server.close()
        now = asyncio.get_running_loop().time
        until = now() + min(_ON_ITS_WAY, self._seconds)
        while self.server_state.connections and now() < until and not self.force_exit:
            await asyncio.sleep(_TICK)
        await super().shutdown(sockets)
