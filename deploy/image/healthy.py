#!/usr/bin/env -S python3 -SE
"""Whether a role of this container works: exit code 0 if it says so, else 1 and why.

`healthy serve` asks where that role listens by its own variables; without a name it asks the role
that the container was started for. It stands on nothing but Python, because it runs every few
seconds beside a process that needs the core.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

_SECONDS = 5
HTTP = {
    "serve": ("SEVA_SERVE_PORT", 8780, "/health/ready"),
    "worker": ("SEVA_WORKER_METRICS_PORT", 8781, "/health/ready"),
    "shadow": ("SEVA_SHADOW_METRICS_PORT", 8786, "/health/ready"),
    "documents": ("SEVA_DOCUMENTS_PORT", 8795, "/health"),
    "console": ("SEVA_CONSOLE_PORT", 8792, "/health"),
    "sandbox": ("SEVA_SANDBOX_PORT", 8790, "/__faults/energy"),
    "simulator": ("SEVA_SIMULATOR_PORT", 8785, "/__faults"),
}
"""Role: variable and default of its port, and the path that tells."""


class _AtFile(http.client.HTTPConnection):
    """A connection to a socket in the file system."""

    def __init__(self, file: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._file = file

    def connect(self) -> None:
        """Connects."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._file)


def started() -> str:
    """The role that this container was started for: the word after `seva`."""
    words = Path("/proc/1/cmdline").read_text("utf-8").split("\0")
    known = [word for word in words if word in HTTP or word == "actions"]
    return known[0] if known else ""


def asked(role: str) -> tuple[http.client.HTTPConnection, str]:
    """Connection and path that tell of a role."""
    if role == "actions":
        url = urlsplit(os.environ.get("SEVA_ACTION_SERVER_URL", "unix"))
        if url.scheme == "http":
            return http.client.HTTPConnection(url.netloc, timeout=_SECONDS), "/health"
        here = Path(os.environ.get("SEVA_VAR_DIR", "var")) / "actions.sock"
        return _AtFile(url.path if url.scheme == "unix" else str(here)), "/health"
    variable, port, path = HTTP[role]
    port = int(os.environ.get(variable, port))
    return http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS), path


def main() -> int:
    """The exit code."""
    role = sys.argv[1] if len(sys.argv) > 1 else started()
    if role not in HTTP and role != "actions":
        print(f"no role of Seva: {role!r}")
        return 1
    connection, path = asked(role)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except OSError as error:
        print(f"{role} does not answer: {error}")
        return 1
    if status != 200:
        print(f"{role} says {status}")
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
