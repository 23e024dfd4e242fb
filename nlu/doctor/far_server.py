"""A server of others, asked once: does it answer, is its certificate good, what is its time."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

Trouble = Literal["", "name", "forbidden", "refused", "late", "certificate", "tls"]
_HEAD = 16 * 1024
_DAY = 86400.0


@dataclass(frozen=True)
class Told:
    """What one server told. `expires` in seconds since 1970; `ahead`: by how many seconds its clock
    is before ours, None where it named no time."""

    trouble: Trouble = ""
    expires: float | None = None
    ahead: float | None = None

    def days_left(self) -> float | None:
        """Until its certificate ends."""
        return None if self.expires is None else (self.expires - time.time()) / _DAY


async def ask(
    url: str,
    seconds: float,
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    may_call: Callable[[str], bool] = lambda address: True,
) -> Told:
    """Name, connection, TLS, and a HEAD of the address without any credential; `seconds` for each.
    Nothing is sent to an address that `may_call` refuses."""
    try:
        parts = urlsplit(url)
        host, safe = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if safe else 80)
    except ValueError:
        return Told("name")
    if not host:
        return Told("name")
    loop = asyncio.get_running_loop()
    try:
        look_up = loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found = await asyncio.wait_for(look_up, seconds)
    except (OSError, asyncio.TimeoutError, UnicodeError):
        return Told("name")
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    if not addresses or not all(map(may_call, addresses)):
        return Told("forbidden" if addresses else "name")
    try:
        opening = asyncio.open_connection(
            addresses[0],
            port,
            ssl=tls() if safe else None,
            server_hostname=host if safe else None,
        )
        reader, writer = await asyncio.wait_for(opening, seconds)
    except ssl.SSLCertVerificationError:
        return Told("certificate")
    except ssl.SSLError:
        return Told("tls")
    except asyncio.TimeoutError:
        return Told("late")
    except OSError:
        return Told("refused")
    try:
        certificate = writer.get_extra_info("peercert") or {}
        ends = certificate.get("notAfter")
        expires = float(ssl.cert_time_to_seconds(ends)) if ends else None
        return Told("", expires, await _ahead(reader, writer, parts.path or "/", host, seconds))
    finally:
        writer.close()


async def _ahead(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, host: str, seconds: float
) -> float | None:
    """The Date header of the answer, to the second; None where there is none."""
    with suppress(OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError):
        ask_for = f"HEAD {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        writer.write(ask_for.encode("ascii", "replace"))
        head = await asyncio.wait_for(reader.read(_HEAD), seconds)
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            if name.strip().lower() == "date":
                return parsedate_to_datetime(value.strip()).timestamp() - time.time()
    return None
