"""Answers of our servers leave at once, in however many pieces they are written."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from actions.server.listener import tcp_socket
from api.processes import listen

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
