"""Reads answers and files within limits of size and time, without following redirects.

`MediaOrigins` says which addresses may get the access token. WhatsApp names the address of a file
in an answer; without this check, anybody who can change the answer would get the token.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import httpx

from api.whatsapp.sender import MediaRejected


class MediaOrigins:
    """The origin of the Cloud API, and named hosts with https at the usual port."""

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
    """The host to which httpx would connect, or an empty text if there is none."""
    try:
        return httpx.URL(url).host
    except (httpx.InvalidURL, ValueError):
        return ""


async def read_all(
    asking: AbstractAsyncContextManager[httpx.Response], max_bytes: int, seconds: float
) -> tuple[httpx.Response, bytes]:
    """The answer to a request of `AsyncClient.stream`, and its whole body, within `seconds`.

    httpx limits each single read, so without this a slow server could take for ever. Raises
    `MediaRejected` if the body is too large or compressed (a small one may expand to much), and
    `httpx.HTTPError`; it is a `ReadTimeout` if reading takes longer.
    """

    async def read() -> tuple[httpx.Response, bytes]:
        async with asking as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise MediaRejected("damaged")
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > max_bytes:
                    raise MediaRejected("too_large")
            return response, bytes(content)

    try:
        return await asyncio.wait_for(read(), seconds)
    except asyncio.TimeoutError as error:
        raise httpx.ReadTimeout(f"not read within {seconds:g} s") from error


async def fetch(
    http: httpx.AsyncClient, url: str, headers: dict[str, str], max_bytes: int, seconds: float
) -> tuple[bytes, str]:
    """Content and MIME type of a file. Raises what `read_all` raises."""
    asking = http.stream("GET", url, headers=headers, follow_redirects=False)
    response, content = await read_all(asking, max_bytes, seconds)
    if not response.is_success:
        raise httpx.HTTPStatusError(
            f"HTTP {response.status_code}", request=response.request, response=response
        )
    return content, response.headers.get("Content-Type", "").split(";")[0]


async def fetch_media(
    http: httpx.AsyncClient,
    url: str,
    headers: dict[str, str],
    sha256: str,
    max_bytes: int,
    seconds: float,
) -> bytes:
    """A file of a citizen. Raises what `read_all` raises, and `MediaRejected` if it is another
    file than the announced one."""
    try:
        content, _ = await fetch(http, url, headers, max_bytes, seconds)
    except httpx.HTTPStatusError as error:
        if error.response.status_code in (403, 404, 410):
            raise MediaRejected("expired") from error
        raise
    if not _matches(content, sha256):
        raise MediaRejected("damaged")
    return content


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _matches(content: bytes, sha256: str) -> bool:
    """Whether a file has this hash. WhatsApp writes it in base64 in webhooks, elsewhere in hex."""
    if not sha256:
        return True
    digest = hashlib.sha256(content)
    if len(sha256) == 64:
        return hmac.compare_digest(digest.hexdigest(), sha256.lower())
    return hmac.compare_digest(base64.b64encode(digest.digest()).decode(), sha256)
