"""A server's door: it answers to its own names only, and no other site's page changes anything.

A browser sends requests to servers of its machine and network for any page that it shows. A page
whose name was pointed here (DNS rebinding) is told by its Host, one that only sends (cross-site
request forgery) by its Origin. Plain ASGI, so that every server may stand behind it.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from nlu.web.headers import App, Receive, Scope, SecurityHeaders, Send

THIS_MACHINE = frozenset(("localhost", "127.0.0.1", "::1"))
_NONE: Mapping[str, str] = {}
_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class Door:
    """Refuses requests for other names (421) and changes by other sites (403); adds the headers
    that keep an answer to itself where the application has not set them."""

    def __init__(
        self, app: App, hosts: Iterable[str] = (), headers: Mapping[str, str] = _NONE
    ) -> None:
        """`hosts`: names besides those of this machine. `headers`: of answers that bring none of
        that name, in place of the usual ones or besides them."""
        self._app = app
        self._hosts = THIS_MACHINE | {name_of(host) for host in hosts if host}
        self._headers = SecurityHeaders(app, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = _Headers(scope["headers"])
        sent = self._headers.around(send)
        if not self._is_ours(headers, scope.get("server")):
            await _refuse(scope, sent, 421, "this server does not go by that name")
        elif _changes(scope) and not _own_page(headers):
            await _refuse(scope, sent, 403, "another site's page may not do this")
        else:
            await self._app(scope, receive, sent)

    def _is_ours(self, headers: _Headers, server: tuple[str, int | None] | None) -> bool:
        """No browser leaves Host out. An address as Host is the one that the connection came to: a
        name pointed here would be in its place otherwise."""
        hosts = headers.all(b"host")
        if not hosts:
            return True
        name = name_of(hosts[0])
        reached = server[0] if server else None
        return len(hosts) == 1 and (name in self._hosts or (_is_address(name) and name == reached))


def name_of(host: str) -> str:
    """The name or address of a Host header or an address to listen on, without port."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0].rstrip(".")


def may_be_rebound(host: str, own: str) -> bool:
    """Whether a Host header holds a name that somebody may have pointed here. No browser leaves it
    out, and what holds an address was sent to that address. `own`: where a server listens."""
    name = name_of(host)
    return bool(name) and name not in THIS_MACHINE | {own} and not _is_address(name)


def host_of(url: str) -> str:
    """The name in a URL; empty for none."""
    return urlsplit(url).hostname or ""


class _Headers:
    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._raw = [(name.lower(), value.decode("latin-1")) for name, value in raw]

    def all(self, name: bytes) -> list[str]:
        return [value for known, value in self._raw if known == name]

    def first(self, name: bytes) -> str:
        return next(iter(self.all(name)), "")


def _changes(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in _READING


def _own_page(headers: _Headers) -> bool:
    """Whether no other site's page asks. Browsers say so in Sec-Fetch-Site, which no page can set;
    where it is missing in Origin or Referer. Who sends none of them is no browser."""
    site = headers.first(b"sec-fetch-site")
    if site:
        return site in ("same-origin", "none")
    origin = headers.first(b"origin") or headers.first(b"referer")
    return not origin or _authority(origin) == headers.first(b"host").strip().lower()


def _authority(url: str) -> str:
    """Host and port as a Host header gives them, without the scheme's own port."""
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError:
        return "malformed"
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if port in ("", _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _refuse(scope: Scope, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    body = json.dumps({"type": "about:blank", "status": status, "detail": why}).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what the request still sends is not read
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
