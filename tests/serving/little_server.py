"""A server under `api.processes` that answers with its process id: no model, ready at once."""

from __future__ import annotations

import signal
import sys
from multiprocessing.connection import Connection

from api.processes import Processes, end_with, listen


def _port() -> int:
    return int(sys.argv[1])


def serve(load_first: bool, life: Connection) -> None:
    """Writes its id to whoever connects, until SIGTERM."""
    import os

    end_with(life)
    if sys.argv[2] == "refuse":
        sys.exit(3)
    drains = sys.argv[2] == "drain"  # and takes long for it
    signal.signal(signal.SIGTERM, lambda *_: None if drains else sys.exit(0))
    sock = listen("127.0.0.1", _port())
    sock.listen(64)
    while True:
        connection, _ = sock.accept()
        with connection:
            connection.sendall(str(os.getpid()).encode())


if __name__ == "__main__":
    sys.exit(Processes(2, serve, stop_s=600 if sys.argv[2] == "drain" else 5).run())
