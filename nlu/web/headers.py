"""Headers that tell a browser to keep an answer to itself. Plain ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The content security policy of what is no page: nothing may be loaded or done."""
NO_STORE = {b"cache-control": b"no-store"}

_HEADERS = {
    b"content-security-policy": NO_PAGE.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    # Not `no-referrer`: a form of the page itself would then come with `Origin: null`.
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


class SecurityHeaders:
    """Adds them where the application has not set them."""

    def __init__(
        self,
        app: App,
        headers: Mapping[str, str] | None = None,
        more: Mapping[bytes, bytes] | None = None,
    ) -> None:
        """`headers`: of answers that bring none of that name, in place of the usual ones or besides
        them; `more`: further headers, not for files (they have an ETag)."""
        self._app = app
        own = {name.lower().encode(): value.encode() for name, value in (headers or {}).items()}
        self._headers = {**_HEADERS, **own}
        self._more = dict(more or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        await self._app(scope, receive, self.around(send))

    def around(self, send: Send) -> Send:
        """`send`, with the headers."""

        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                wanted = self._headers if b"etag" in given else {**self._headers, **self._more}
                added = [pair for pair in wanted.items() if pair[0] not in given]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        return sent
