"""Ends requests whose body stands still, so that no connection is held for nothing."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem


class SlowSenders:
    """Raises the problem `too-slow` in whoever reads a body of which nothing came for `seconds`.

    A long body may take its time, as on a slow phone's network, as long as it goes on.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        complete = False

        async def timed() -> Message:
            nonlocal complete
            if complete:  # what comes now is the end of the connection, whenever that is
                return await receive()
            try:
                with anyio.fail_after(self._seconds):
                    message = await receive()
            except TimeoutError:
                why = f"Nothing of the body came for {self._seconds:g} seconds."
                raise Problem("too-slow", why) from None
            complete = not message.get("more_body", False)
            return message

        await self._app(scope, timed, send)
