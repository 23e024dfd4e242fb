"""Where the action server listens and its worker calls it: SEVA_ACTION_SERVER_URL.

By default that is a socket in the file system, which only the processes' own user can open. Over
TCP whoever reaches the port could speak for any citizen, so a secret goes along.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

EMBEDDED = "unix"
SOCKET = "actions.sock"
WEBHOOK, HEALTH, DESK = "/webhook", "/health", "/desk"
CONSOLE_LOG = "/console/log"
"""Where the console has its audit kept in the log."""
CONSOLE_REPORTS = "/console/reports"
"""Where the console gets reports: sums, CSV and PDF."""
RELEASE = "Seva-Release"
"""Header of a call: the release that its turn runs on."""
OFFICER, DEPARTMENTS = "Seva-Officer", "Seva-Departments"
"""Headers of a call for the desk: who asks, and of which departments they may see requests, with
commas between them; both percent-encoded."""
GENERAL = "general"
"""The department of a request for a person that is for none: officers have it like any other."""


@dataclass(frozen=True)
class ActionAddress:
    """A socket's file, or host and port."""

    socket: Path | None
    host: str = "localhost"
    port: int = 80

    @classmethod
    def of(cls, url: str, var_dir: Path) -> ActionAddress:
        """Reads `unix` (a file in `var_dir`), `unix:///path` or `http://host:port`. Raises
        ValueError that says so for anything else."""
        if url == EMBEDDED:
            return cls(var_dir / SOCKET)
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError(_meant(url)) from None
        if parts.scheme == "unix" and not parts.netloc and len(parts.path) > 1:
            return cls(Path(parts.path))
        plain = parts.scheme == "http" and parts.path in ("", "/")
        if not plain or not parts.hostname or not port or parts.username or parts.query:
            raise ValueError(_meant(url))
        return cls(None, parts.hostname, port)

    @property
    def base_url(self) -> str:
        """For an HTTP client; one that speaks over the socket needs the socket besides."""
        if self.socket is not None:
            return f"http://{self.host}"
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def __str__(self) -> str:
        return f"unix://{self.socket}" if self.socket is not None else self.base_url


def authorization(secret: str) -> dict[str, str]:
    """The header that a request to the action server carries; none without a secret."""
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def _meant(url: str) -> str:
    return (
        f"SEVA_ACTION_SERVER_URL is {url!r}, but must be `unix`, `unix:///path` or "
        "`http://host:port`"
    )
