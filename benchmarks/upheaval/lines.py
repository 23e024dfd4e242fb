"""HTTP over plain sockets, for those who send many deliveries: a library's pool of connections
takes more of the processor the more requests wait, and that of the two cores that are measured."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

FAILURES = (OSError, EOFError, asyncio.TimeoutError)
"""What a request raises that is not answered."""


class Line:
    """One connection, kept open as long as the server likes."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._at = parts.hostname, parts.port

    async def ask(self, request: bytes) -> int:
        """Sends a whole request; the status of its answer. Raises one of `FAILURES`."""
        if not hasattr(self, "_writer") or self._reader.at_eof():
            self.close()
            self._reader, self._writer = await asyncio.open_connection(*self._at)
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        lines = head.split(b"\r\n")
        length = next((int(one[15:]) for one in lines if one.startswith(b"content-length:")), 0)
        await self._reader.readexactly(length)
        if b"connection: close" in lines:
            self.close()
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        """Ends it; the next request opens another."""
        if hasattr(self, "_writer"):
            self._writer.close()
            del self._reader, self._writer


class Lines:
    """As many connections to one address as there are requests under way."""

    def __init__(self, url: str, within_s: float) -> None:
        """`within_s`: in which an answer must have come."""
        self._url, self._within = url, within_s
        self._free: list[Line] = []

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """The status. Raises one of `FAILURES`."""
        line = self._free.pop() if self._free else Line(self._url)
        try:
            request = post_request(self._url, body, headers)
            status = await asyncio.wait_for(line.ask(request), self._within)
        except BaseException:
            line.close()
            raise
        self._free.append(line)
        return status

    def close(self) -> None:
        """Ends those that are not under way."""
        while self._free:
            self._free.pop().close()


def post_request(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A whole HTTP request."""
    parts = urlsplit(url)
    head = {"Host": parts.netloc, **headers, "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST {parts.path} HTTP/1.1\r\n{lines}\r\n".encode() + body
