"""How we show a department who we are; one class per `auth.kind` of its YAML."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping

import httpx


class ApiKeyAuth(httpx.Auth):
    """A fixed key in a header."""

    def __init__(self, header: str, key: str) -> None:
        self._header = header
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers[self._header] = self._key
        yield request


def _api_key(settings: Mapping[str, str]) -> httpx.Auth:
    return ApiKeyAuth(settings["header"], settings["value"])


AUTH_KINDS: dict[str, Callable[[Mapping[str, str]], httpx.Auth]] = {"api_key": _api_key}
"""Auth kind -> its maker. A new kind is one entry here."""


def make_auth(settings: Mapping[str, str]) -> httpx.Auth:
    """The auth of a department from its `auth` block."""
    kind = settings["kind"]
    if kind not in AUTH_KINDS:
        raise ValueError(f"auth kind {kind!r} is none of {sorted(AUTH_KINDS)}")
    return AUTH_KINDS[kind](settings)
