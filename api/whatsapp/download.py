"""Fetches files with a limit on their size, without following redirects."""

from __future__ import annotations

import base64
import hashlib
import hmac

import httpx

from api.whatsapp.sender import MediaRejected


async def fetch(
    http: httpx.AsyncClient, url: str, headers: dict[str, str], max_bytes: int
) -> tuple[bytes, str]:
    """Content and MIME type. Raises `MediaRejected` if it is too large, `httpx.HTTPError` else."""
    async with http.stream("GET", url, headers=headers, follow_redirects=False) as response:
        if not response.is_success:
            raise httpx.HTTPStatusError(
                f"HTTP {response.status_code}", request=response.request, response=response
            )
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > max_bytes:
                raise MediaRejected("too_large")
        return bytes(content), response.headers.get("Content-Type", "").split(";")[0]


async def fetch_media(
    http: httpx.AsyncClient, url: str, headers: dict[str, str], sha256: str, max_bytes: int
) -> bytes:
    """A citizen's file, if it is what was announced. Raises `MediaRejected` if not."""
    try:
        content, _ = await fetch(http, url, headers, max_bytes)
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
