"""A server under `api.processes` that answers with its process id: no model, ready at once."""

from __future__ import annotations

import errno
import itertools
import signal
import socket
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection

from api.processes import Processes, end_with, listen


def _port() -> int:
    return int(sys.argv[1])


def serve(load_first: bool, life: Connection, listeners: Sequence[socket.socket]) -> None:
    """Writes its id to whoever connects, until SIGTERM."""
    import os

    end_with(life, lambda: None)
    if sys.argv[2] == "refuse":
        sys.exit(3)
    drains = sys.argv[2] == "drain"  # and takes long for it
    signal.signal(signal.SIGTERM, lambda *_: None if drains else sys.exit(0))
    (sock,) = listeners
    sock.listen(64)
    while True:
        connection, _ = sock.accept()
        with connection:
            connection.sendall(str(os.getpid()).encode())


_calls = itertools.count(1)


def listeners() -> list[socket.socket]:
    """The port of all; its address may be away when the first process is started anew."""
    if next(_calls) == 3 and sys.argv[2] == "away":
        raise OSError(errno.EADDRNOTAVAIL, "it is away")
    return [listen("127.0.0.1", _port())]


if __name__ == "__main__":
    stop_s = 600 if sys.argv[2] == "drain" else 5
    sys.exit(Processes(2, serve, listeners, stop_s).run())
