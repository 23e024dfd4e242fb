"""How a request shows a department who we are; one class per kind of credentials."""

from __future__ import annotations

from typing import Protocol

import httpx

from actions.departments.credentials import ApiKey, ClientCredentials, Scheme, SigningKey
from actions.departments.oauth2 import BearerTokens, Send
from actions.departments.signature import signature_headers


class Auth(Protocol):
    """Proves who we are in each attempt of a request."""

    async def sign(self, request: httpx.Request) -> None:
        """Add what proves it. Raises `CallFailed("auth")`; then nothing may be sent."""

    def rejected(self, request: httpx.Request) -> bool:
        """After a 401: whether signing anew may help."""


class ApiKeyAuth:
    """A fixed key in a header."""

    def __init__(self, key: ApiKey) -> None:
        self._key = key

    async def sign(self, request: httpx.Request) -> None:
        """Add the header."""
        request.headers[self._key.header] = self._key.key

    def rejected(self, request: httpx.Request) -> bool:
        """A fixed key stays what it is."""
        return False


class SignatureAuth:
    """A signature of the request itself, with a new nonce each time."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    async def sign(self, request: httpx.Request) -> None:
        """Add the four headers."""
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        request.headers.update(
            signature_headers(self._key, request.method, path, query, request.content)
        )

    def rejected(self, request: httpx.Request) -> bool:
        """A signature that was refused would be refused again."""
        return False


class NoAuth:
    """Nothing in the request: a client certificate says it, or nobody asks."""

    async def sign(self, request: httpx.Request) -> None:
        """Nothing to add."""

    def rejected(self, request: httpx.Request) -> bool:
        """Nothing to do better."""
        return False


def make_auth(scheme: Scheme | None, send: Send) -> Auth:
    """The auth of a department; `send` carries requests to its token server."""
    if isinstance(scheme, ApiKey):
        return ApiKeyAuth(scheme)
    if isinstance(scheme, ClientCredentials):
        return BearerTokens(scheme, send)
    return SignatureAuth(scheme) if isinstance(scheme, SigningKey) else NoAuth()
