"""Calls of others' servers go to the address that was checked, and to no other.

A name is resolved once for each connection. Whoever owns it could answer the check with a public
address and the connection that follows with one of ours (DNS rebinding), so the connection is made
to the checked address itself; TLS still asks for the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpcore
import httpx

from nlu.records import read_as, read_record

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Awaitable[Iterable[str]]]
"""Host and port -> its addresses. Raises OSError."""


class ForbiddenAddress(Exception):
    """A host has an address that may not be called from here; nothing was sent."""


@dataclass(frozen=True)
class Reach:
    """What besides servers of the internet may be called."""

    private: bool = False
    loopback: bool = False

    def includes(self, address: str) -> bool:
        """Whether an address may be called."""
        ip = ipaddress.ip_address(address.partition("%")[0])

        def in_any(kind: str) -> bool:
            networks: tuple[Network, ...] = getattr(_networks(), kind)
            return any(ip.version == net.version and ip in net for net in networks)

        if in_any("loopback"):
            return self.loopback or self.private
        if in_any("never"):
            return False
        if in_any("private"):
            return self.private
        return in_any("public") and ip.is_global


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host` by the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class CheckedTransport(httpx.AsyncHTTPTransport):
    """Connects within a reach. Raises ForbiddenAddress, and httpx's errors as usual."""

    def __init__(self, reach: Reach, verify: ssl.SSLContext, resolver: Resolver = resolve) -> None:
        super().__init__(verify=verify, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify, network_backend=_CheckedBackend(reach, resolver)
        )


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, reach: Reach, resolver: Resolver) -> None:
        self._reach, self._resolver = reach, resolver
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A host is judged by every address it has; the first that answers is taken."""
        try:
            resolving = self._resolver(host, port)
            addresses = list(await asyncio.wait_for(resolving, timeout))
        except asyncio.TimeoutError:
            raise httpcore.ConnectTimeout("the host does not resolve in time") from None
        except OSError:
            raise httpcore.ConnectError("the host does not resolve") from None
        if not all(self._reach.includes(address) for address in addresses):
            raise ForbiddenAddress(host)
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in addresses:
            share = timeout / len(addresses) if timeout else None
            try:
                return await self._backend.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Between tries."""
        await self._backend.sleep(seconds)


@dataclass(frozen=True)
class _Networks:
    """`networks.yml`."""

    loopback: tuple[Network, ...]
    private: tuple[Network, ...]
    public: tuple[Network, ...]
    never: tuple[Network, ...]


@lru_cache(maxsize=1)
def _networks() -> _Networks:
    return read_record(Path(__file__).parent / "networks.yml", _Networks)


read_as(Network, ipaddress.ip_network)
