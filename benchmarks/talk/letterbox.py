"""Takes the notices of the action server, as `seva serve` does, and keeps what each one says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_MEANWHILE = "working-"
Language = Callable[[str], Awaitable["str | None"]]


@dataclass
class Letterbox:
    """Texts by citizen; a notice that comes again by its id changes nothing."""

    language_of: Language | None = None
    url: str = ""
    _taken: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def told(self, citizen: str) -> list[tuple[str, str]]:
        """Language and text of each piece of news of a citizen."""
        return [said for name, said in self._of(citizen) if not name.startswith(_MEANWHILE)]

    def meanwhile(self, citizen: str) -> list[tuple[str, str]]:
        """The same of what was said while a department took its time."""
        return [said for name, said in self._of(citizen) if name.startswith(_MEANWHILE)]

    def _of(self, citizen: str) -> list[tuple[str, tuple[str, str]]]:
        found = self._taken.items()
        return [(name, (lang, text)) for name, (who, lang, text) in found if who == citizen]

    @property
    def app(self) -> Starlette:
        """What is served."""
        return Starlette(
            routes=[
                Route("/notices", self.take, methods=["POST"]),
                Route("/notices/language", self.language, methods=["POST"]),
            ]
        )

    async def take(self, request: Request) -> Response:
        """`POST /notices`."""
        notice = await request.json()
        told = (notice["citizen"], notice["language"], notice["text"])
        self._taken.setdefault(notice["id"], told)
        return JSONResponse({"id": notice["id"]}, 202)

    async def language(self, request: Request) -> Response:
        """`POST /notices/language`."""
        citizen = (await request.json())["citizen"]
        known = await self.language_of(citizen) if self.language_of else None
        return JSONResponse({"language": known})


@contextlib.asynccontextmanager
async def letterbox() -> AsyncIterator[Letterbox]:
    """A letterbox with an address, served in this event loop."""
    box = Letterbox()
    config = uvicorn.Config(box.app, log_level="critical", log_config=None, ws="none")
    server = uvicorn.Server(config)
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        box.url = f"http://127.0.0.1:{listener.getsockname()[1]}/notices"
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield box
        finally:
            server.should_exit = True
            await serving
