"""Serves an ASGI app over real HTTP or TLS, in a thread on a free port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import uvicorn


@contextmanager
def served(app: Any, port: int = 0, host: str = "127.0.0.1", **settings: Any) -> Iterator[str]:
    """The address of `app` while the block runs; port 0: any that is free.

    `settings` are uvicorn's; its `ssl_*` make it https. Logging is left as it is: uvicorn's own
    set-up closes every handler of the process, and absl's (TensorFlow) closes pytest's capture.
    """
    settings = {"timeout_graceful_shutdown": 1, "log_config": None, **settings}
    config = uvicorn.Config(app, log_level="critical", access_log=False, ws="none", **settings)
    server = uvicorn.Server(config)
    with closing(socket.socket(proto=socket.IPPROTO_TCP)) as listener:
        # Named, the protocol makes asyncio send small answers at once.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while thread.is_alive() and not server.started:
            time.sleep(0.005)
        assert server.started, f"nothing is served on port {port}"
        scheme = "https" if "ssl_keyfile" in settings else "http"
        try:
            yield f"{scheme}://localhost:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
