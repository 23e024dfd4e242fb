"""A listener of this machine that should be one of ours: asked over a port or a socket's file."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

State = Literal["absent", "ours", "stranger", "silent"]
"""`silent`: it takes connections and answers nothing in time."""
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is empty where it is no JSON object."""

    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True)
class LocalServer:
    """Each instance asks whether somebody listens once."""

    host: str
    port: int
    socket: Path | None = None
    seconds: float = 2.0

    def __str__(self) -> str:
        return str(self.socket) if self.socket else f"{self.host}:{self.port}"

    @cached_property
    def listens(self) -> bool:
        """Whether connections are taken."""
        host = _ANY.get(self.host, self.host)
        try:
            if self.socket is None:
                socket.create_connection((host, self.port), self.seconds).close()
            else:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.settimeout(self.seconds)
                    probe.connect(str(self.socket))
        except OSError:
            return False
        return True

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> Answer | None:
        """The answer to a GET; None where none comes in time. Proxies are not asked."""
        import httpx

        host = _ANY.get(self.host, self.host)
        where = f"[{host}]" if ":" in host else host
        base = "http://localhost" if self.socket else f"http://{where}:{self.port}"
        uds = str(self.socket) if self.socket else None
        try:
            with httpx.Client(
                transport=httpx.HTTPTransport(uds=uds), timeout=self.seconds, trust_env=False
            ) as client:
                answer = client.get(base + path, headers=dict(headers or {}))
        except httpx.HTTPError:
            return None
        try:
            body = answer.json()
        except ValueError:
            body = {}
        return Answer(answer.status_code, body if isinstance(body, dict) else {})

    def state(self, path: str, *, key: str) -> State:
        """Who listens: an answer of ours at `path` has `key`."""
        if not self.listens:
            return "absent"
        answer = self.ask(path)
        if answer is None:
            return "silent"
        return "ours" if key in answer.body else "stranger"
