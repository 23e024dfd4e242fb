"""Where citizens' files may be fetched from, with the access token in the request.

WhatsApp names the address in an answer. Who could make it name another one would get the token.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx


class MediaOrigins:
    """The Cloud API's own origin, and named hosts by https at its usual port."""

    def __init__(self, base_url: str, hosts: Sequence[str]) -> None:
        self._own = _origin(httpx.URL(base_url))
        self._hosts = frozenset(host.lower() for host in hosts)

    def may_have_token(self, url: str) -> bool:
        """Whether the access token may go to this address."""
        try:
            parts = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):
            return False
        if parts.userinfo:
            return False
        usual = parts.scheme == "https" and parts.port is None
        return _origin(parts) == self._own or (usual and parts.host in self._hosts)


def host_of(url: str) -> str:
    """The host as httpx will connect to it, for a log or a list; empty where there is none."""
    try:
        return httpx.URL(url).host
    except (httpx.InvalidURL, ValueError):
        return ""


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
