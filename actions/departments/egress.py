"""Refuses to call hosts inside private networks that a department's YAML does not vouch for."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable

import httpx

from actions.departments.definition import Egress
from actions.departments.result import CallFailed

Resolver = Callable[[str, int], Awaitable[Iterable[str]]]
"""Host and port -> its addresses."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host` by the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class EgressGuard:
    """Checks a base URL before every call: a name may point elsewhere than at start."""

    def __init__(self, base_url: str, policy: Egress, resolver: Resolver = resolve) -> None:
        self._url = httpx.URL(base_url)
        self._policy = policy
        self._resolver = resolver
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise ValueError("base_url must be an http(s) URL with a host")

    async def check(self) -> None:
        """Raise `CallFailed("egress")` where the host may not be called."""
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        try:
            addresses = list(await self._resolver(self._url.host, port))
        except OSError as error:
            raise CallFailed("connect", "host does not resolve", sent=False) from error
        for address in addresses:
            if not self._allowed(address):
                raise CallFailed("egress", "base_url points into a private network")

    def document_allowed(self, url: str) -> bool:
        """Whether a file to send along is on the department's own or a named host."""
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            return False
        own = parsed.host == self._url.host
        return parsed.scheme in ("http", "https") and (
            own or parsed.host in self._policy.document_hosts
        )

    def _allowed(self, address: str) -> bool:
        ip = ipaddress.ip_address(address.split("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        if ip.is_loopback:
            return self._policy.allow_loopback or self._policy.allow_private
        if ip.is_global and not ip.is_multicast:
            return True
        # Link-local holds cloud metadata services: no department lives there.
        return self._policy.allow_private and ip.is_private and not ip.is_link_local
