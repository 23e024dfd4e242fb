"""How a process of `seva serve` stops without an error for anybody.

It says first that it will stop: readiness is 503, and each answer closes its connection. Whoever
balances servers needs a while to notice, so it goes on answering meanwhile. Then it listens no
more, finishes the requests under way, and ends.

Where a successor listens on the same sockets, nobody need notice: it listens no more at once, stays
ready for whoever asks on an open connection, and answers what comes on these.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlu.log import get_logger

log = get_logger(__name__)
_TICK = 0.1
_ON_ITS_WAY = 0.5  # seconds; a connection was made just before the end, its request comes now


class Drain:
    """What the listeners of this process say of its end: each answer closes its connection, and
    readiness is gone."""

    closes = False
    unready = False


class ClosingAnswers:
    """When the process is about to stop, each answer closes its connection (`Connection: close`),
    so that the client's next request goes to another server."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self._app, self._drain = app, drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and self._drain.closes:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, receive, closing)


class DrainingServer(uvicorn.Server):
    """A server that goes on answering for a while when it is asked to stop."""

    def __init__(
        self,
        config: uvicorn.Config,
        seconds: float,
        drain: Drain,
        *,
        unready: Callable[[], None],
        alone: bool,
        started: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`unready` tells everybody that it will stop; `started` is called when it listens. When
        it is `alone`, whoever asks it a second time ends it at once. One of several is asked by
        its supervisor, and by systemd or a terminal too, which signal all of them: that is no
        second time."""
        super().__init__(config)
        self._seconds, self._drain, self._unready = seconds, drain, unready
        self._alone, self._started, self._handed_over = alone, started, False

    def hand_over(self) -> None:
        """Stops, for another process listens on the same sockets. Any thread may call it."""
        self._handed_over = self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens."""
        await super().startup(sockets)
        if self.started and self._started is not None:
            await self._started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or Ctrl-C."""
        if not self.should_exit:
            super().handle_exit(sig, frame)
        elif self._alone:
            self.force_exit = True

    async def main_loop(self) -> None:
        """Serves until it is asked to stop, and then until those who send should have noticed."""
        await super().main_loop()
        log.info("draining", seconds=self._seconds, handed_over=self._handed_over)
        self._drain.closes = True
        if self._handed_over:
            self._listen_no_more()
        else:
            self._unready()
        now = asyncio.get_running_loop().time
        until = now() + self._seconds
        for tick in itertools.count():
            nobody = self._handed_over and not self.server_state.connections
            if self.force_exit or nobody or now() >= until:
                return
            await self.on_tick(tick)  # keeps the time in the answers
            await asyncio.sleep(min(_TICK, self._seconds))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no more connections, and ends when the requests under way are finished."""
        self._listen_no_more()
        now = asyncio.get_running_loop().time
        until = now() + min(_ON_ITS_WAY, self._seconds)
        while self.server_state.connections and now() < until and not self.force_exit:
            await asyncio.sleep(_TICK)
        await super().shutdown(sockets)

    def _listen_no_more(self) -> None:
        for server in self.servers:
            server.close()
