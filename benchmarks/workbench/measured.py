"""`seva console` whose answers say how long they took: `python -m benchmarks.workbench.measured`.

The header `Server-Timing` has the milliseconds from the request's arrival in the application until
the last byte of the answer's head: pages are made whole before their head is sent.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from api.console import process
from nlu.settings.settings import ConsoleSettings


class Timed:
    """An application that is measured."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As ASGI."""
        began = time.perf_counter()

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                took = f"app;dur={1000 * (time.perf_counter() - began):.2f}"
                message["headers"] = [*message["headers"], (b"server-timing", took.encode())]
            await send(message)

        await self._app(scope, receive, told)


def main() -> int:
    """Serves until it is told to stop."""
    made = process.create_app
    process.create_app = lambda console: Timed(made(console))  # type: ignore[assignment,return-value]
    return process.console_command(ConsoleSettings.read())


if __name__ == "__main__":
    sys.exit(main())
