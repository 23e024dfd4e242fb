"""Answers of our servers leave at once, in however many pieces they are written, and connections
are kept for long enough."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from actions.server.listener import KEEP_S, Listener, tcp_socket
from api.processes import listen
from nlu.action_address import ActionAddress
from nlu.engine.action_endpoint import ActionEndpoint

Open = Callable[[], AbstractContextManager[socket.socket]]
OPENED: dict[str, Open] = {
    "actions": lambda: tcp_socket("127.0.0.1", 0, "SEVA_ACTION_SERVER_URL"),
    "serve": lambda: contextlib.closing(listen("127.0.0.1", 0)),
}


@pytest.mark.parametrize("server", OPENED)
async def test_no_piece_of_an_answer_waits_for_another(server: str) -> None:
    """Nagle's algorithm is off on each connection that is taken."""
    found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def taken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = writer.get_extra_info("socket")
        found.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with OPENED[server]() as sock:
        async with await asyncio.start_server(taken, sock=sock):
            _, writer = await asyncio.open_connection(*sock.getsockname())
            assert await asyncio.wait_for(found, 5)
            writer.close()


async def test_the_caller_gives_an_idle_connection_up_before_the_server_does() -> None:
    """Else a turn's call is sent on a connection that is being closed, and counts as an outage."""
    endpoint = ActionEndpoint(ActionAddress.of("http://127.0.0.1:1", Path()))
    session = endpoint._opened()
    try:
        assert session.connector is not None
        kept_by_the_caller = session.connector._keepalive_timeout
    finally:
        await session.close()
    with tcp_socket("127.0.0.1", 0, "SEVA_ACTION_SERVER_URL") as sock:
        kept_by_the_server = Listener(None, sock)._server.config.timeout_keep_alive
    assert 0 < kept_by_the_caller < kept_by_the_server == KEEP_S
