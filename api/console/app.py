"""The application of `seva console`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from api.console.action_server import ServerAway
from api.console.audit import keep_published
from api.console.runtime import Console
from api.console.visit import Refused, arrive
from nlu.log import describe, get_logger
from nlu.storage.database import DatabaseAway
from nlu.web import FONTS, Door, host_of
from nlu.web.headers import NO_STORE, SecurityHeaders

log = get_logger(__name__)
HEALTH = "/health"
_HERE = Path(__file__).parent
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


def create_app(console: Console) -> Door:
    """The application over a console that is open; it closes it when it stops."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        publishing = asyncio.create_task(keep_published(console.audit, console.server))
        try:
            yield
        finally:
            publishing.cancel()
            with suppress(asyncio.CancelledError):
                await publishing
            await console.server.close()
            console.engine.dispose()

    routes = [
        Route(HEALTH, _health),
        *(
            Mount(f"/static/{area.name}", StaticFiles(directory=area.static))
            for area in console.pages.areas
            if area.static.is_dir()
        ),
        Mount("/static/fonts", StaticFiles(directory=FONTS)),
        Mount("/static", StaticFiles(directory=_HERE / "static")),
        *(route for area in console.pages.areas for route in area.routes),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={
            Refused: _refused,
            HTTPException: _refused,
            ServerAway: _refused,
            DatabaseAway: _refused,
            Exception: _refused,
        },
    )
    app.state.console = console
    app.add_middleware(SecurityHeaders, headers=_HEADERS, more=NO_STORE)
    settings = console.settings
    names = [settings.console_host, host_of(settings.console_address), *settings.page_names]
    return Door(app, hosts=names, headers=_HTTPS_ONLY if console.is_secure else {})


async def _health(request: Request) -> Response:
    """Whether the tables can be read."""
    console: Console = request.app.state.console
    await asyncio.to_thread(console.accounts.of, "")
    return JSONResponse({"status": "ok"})


async def _refused(request: Request, error: Exception) -> Response:
    """A page that says what is wrong, in the reader's language."""
    status = getattr(error, "status", getattr(error, "status_code", 0))
    if isinstance(error, (ServerAway, DatabaseAway)):
        status = 503
    if not status:
        log.error("page_failed", error=describe(error))
        status = 500
    headers = dict(getattr(error, "headers", None) or {})
    if request.url.path == HEALTH:
        return JSONResponse({"status": "unavailable"}, status, headers)
    try:
        visit = await arrive(request)
    except Exception:
        return Response(status_code=status, headers=headers)
    known = getattr(error, "why", "") or f"frame.error_{status}"
    why = known if known in visit.console.pages.words else "frame.error"
    response = visit.page("error.html", status, why=why, detail=getattr(error, "detail", ""))
    again = getattr(error, "again", 0)
    if again:
        headers["Retry-After"] = str(again)
        if request.method == "GET":
            headers["Refresh"] = str(again)
    response.headers.update(headers)
    return response
