"""Reads answers and files within limits of size and time, without following redirects."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from contextlib import AbstractAsyncContextManager

import httpx

from api.whatsapp.sender import MediaRejected


async def read_all(
    asking: AbstractAsyncContextManager[httpx.Response], max_bytes: int, seconds: float
) -> tuple[httpx.Response, bytes]:
    """The answer to a request of `AsyncClient.stream` and its whole body, within `seconds` in all:
    httpx alone bounds each single read, so that a drop at a time lasts for ever.

    Raises `MediaRejected` if it is too large or packed (a little may unpack to much), and
    `httpx.HTTPError`, of which `ReadTimeout` if it takes longer.
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
    """A citizen's file, if it is what was announced. Raises `MediaRejected` if not, and what
    `read_all` raises."""
    try:
        content, _ = await fetch(http, url, headers, max_bytes, seconds)
    except httpx.HTTPStatusError as error:
        if error.response.status_code in (403, 404, 410):
            raise MediaRejected("expired") from error
        raise
    if not _matches(content, sha256):
        raise MediaRejected("damaged")
    return content


def _matches(content: bytes, sha256: str) -> bool:
    """WhatsApp gives the hash in base64 in webhooks and in hex at the media endpoint."""
    if not sha256:
        return True
    digest = hashlib.sha256(content)
    if len(sha256) == 64:
        return hmac.compare_digest(digest.hexdigest(), sha256.lower())
    return hmac.compare_digest(base64.b64encode(digest.digest()).decode(), sha256)
