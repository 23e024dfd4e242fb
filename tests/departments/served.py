"""Serves an ASGI app over real HTTP or TLS, in a thread on a free port."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import uvicorn


@contextmanager
def served(app: Any, host: str = "127.0.0.1", **settings: Any) -> Iterator[str]:
    """The address of `app` while the block runs; `ssl_*` settings of uvicorn make it https."""
    settings = {"timeout_graceful_shutdown": 1, **settings}
    config = uvicorn.Config(app, log_level="critical", access_log=False, ws="none", **settings)
    server = uvicorn.Server(config)
    with closing(socket.socket()) as listener:
        listener.bind((host, 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while thread.is_alive() and not server.started:
            time.sleep(0.005)
        scheme = "https" if "ssl_keyfile" in settings else "http"
        try:
            yield f"{scheme}://localhost:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


CERTIFICATE_NEEDED = ssl.CERT_REQUIRED
"""For `ssl_cert_reqs`: a client without a certificate is turned away."""
