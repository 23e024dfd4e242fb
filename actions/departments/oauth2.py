"""OAuth 2.0 client credentials: one token for all calls, fetched again ahead of its end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from actions.departments.credentials import ClientCredentials
from actions.departments.result import CallFailed

Clock = Callable[[], float]
Send = Callable[[httpx.Request], Awaitable[tuple[int, bytes]]]
"""Sends a request to the token server: status and body. Raises `CallFailed`."""


@dataclass(frozen=True)
class _Token:
    """`renew_at` and `ends_at` are moments of the clock; infinite where no end was told."""

    value: str = field(repr=False)
    renew_at: float
    ends_at: float


class BearerTokens:
    """The department's token; belongs to one event loop."""

    def __init__(
        self, settings: ClientCredentials, send: Send, clock: Clock = time.monotonic
    ) -> None:
        self._settings = settings
        self._send = send
        self._clock = clock
        self._token: _Token | None = None
        self._fetching = asyncio.Lock()

    async def sign(self, request: httpx.Request) -> None:
        """Put a token into the request. Raises `CallFailed("auth")` where none can be had."""
        token = self._token
        if token is None or self._clock() >= token.renew_at:
            token = await self._renewed(token)
        request.headers["Authorization"] = f"Bearer {token.value}"

    def rejected(self, request: httpx.Request) -> bool:
        """Forget the token that `request` carried; whether another may do better."""
        if self._token and request.headers.get("Authorization") == f"Bearer {self._token.value}":
            self._token = None
        return True

    async def _renewed(self, old: _Token | None) -> _Token:
        async with self._fetching:
            if self._token is not None and self._token is not old:
                return self._token  # another call fetched it while this one waited
            try:
                self._token = await self._fetched()
            except CallFailed:
                if old is None or old is not self._token or self._clock() >= old.ends_at:
                    raise
                return old  # renewal is ahead of time: the old one is still good
            return self._token

    async def _fetched(self) -> _Token:
        settings = self._settings
        form = {"grant_type": "client_credentials"}
        if settings.scope:
            form["scope"] = settings.scope
        request = httpx.Request(
            "POST", settings.token_url, data=form, headers={"Accept": "application/json"}
        )
        basic = httpx.BasicAuth(settings.client_id, settings.client_secret)
        request = next(basic.auth_flow(request))
        asked_at = self._clock()
        status, body = await self._send(request)
        if status != httpx.codes.OK:
            raise CallFailed("auth", f"the token server answered {status}", status=status)
        return self._read(body, asked_at)

    def _read(self, body: bytes, asked_at: float) -> _Token:
        try:
            answer = json.loads(body)
            value, kind = answer["access_token"], answer["token_type"]
            seconds = float(answer.get("expires_in", "inf"))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CallFailed("auth", "the token server's answer is no token") from None
        if not _header_safe(value) or str(kind).lower() != "bearer" or not seconds > 0:
            raise CallFailed("auth", "the token server's answer is no bearer token")
        # A token shorter than `renew_before` would be fetched for each call: half its life then.
        ahead = min(self._settings.renew_before, seconds / 2)
        return _Token(value, asked_at + seconds - ahead, asked_at + seconds)


def _header_safe(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable() and bool(value)
