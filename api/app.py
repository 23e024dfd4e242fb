"""The application of `seva serve`."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.api_keys import ApiKeys
from api.canary import CanaryEngine, serving_engines
from api.documentation import add_documentation
from api.drain import ClosingAnswers
from api.inbox.open import open_inbox
from api.inbox.port import Inbox
from api.internal_listener import serving
from api.live_engine import LiveEngine
from api.metrics import ServeMetrics
from api.phrases import PhraseBook
from api.ports import Engine, Transcriber
from api.problems import Problem
from api.request_trace import RequestTrace
from api.routes import (
    conversations,
    feedback,
    health,
    metrics,
    model,
    notices,
    parse,
    services,
    webhook,
)
from api.runtime import Runtime
from api.slow_senders import SlowSenders
from api.whatsapp.policy import load_policy
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.log import describe, get_logger
from nlu.settings.settings import ServeSettings
from nlu.speech.pool import HearingPool
from nlu.version import VERSION
from nlu.web import Door
from nlu.web.headers import NO_STORE, SecurityHeaders

log = get_logger(__name__)
_VITALS_EVERY = 5.0  # seconds; another process than this one may answer for `/metrics`
_GZIP_LEVEL = 5  # a third of the time of level 9 for 8 % more bytes, measured on /services
_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}


def create_app(
    settings: ServeSettings,
    engine: Engine | None = None,
    transcriber: Transcriber | None = None,
    inbox: Inbox | None = None,
    *,
    catalogue: Catalogue | None = None,
    load_first: bool = False,
    internal: socket.socket | None = None,
    clock: Callable[[], float] = time.time,
) -> FastAPI:
    """An application; what is not given is opened when it starts and closed when it stops. With
    `load_first` it has not started before the model is loaded (or cannot be). While it runs,
    `create_internal_app` is served on the socket `internal`.

    Its catalogue is that of the live release; beside an `engine` that is given, `catalogue` or that
    of the settings' folder. Raises CatalogueError if the catalogue is broken, OSError or ValueError
    for a release that is refused, for keys that cannot be read and for an unknown inbox.
    """
    canary: CanaryEngine | None = None
    if engine is None:
        engine, canary = serving_engines(settings)
    if isinstance(engine, LiveEngine):
        read_catalogue, phrases = engine.catalogue, engine.phrases
    else:
        given = catalogue or shared_catalogue(settings.data_dir)
        phrases = PhraseBook(given.phrases, given.languages.default)

        def read_catalogue() -> Catalogue:
            return given

    policy = load_policy(read_catalogue().root / "whatsapp.yml")
    state = Runtime(
        settings=settings,
        policy=policy,
        read_catalogue=read_catalogue,
        engine=engine,
        canary=canary,
        keys=ApiKeys.of(settings, clock),
        phrases=phrases,
        metrics=ServeMetrics(),
        transcriber=transcriber
        or HearingPool(settings.hearing_processes, settings.hearing_waiting),
        inbox=inbox,
        clock=clock,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        opened = None
        if state.inbox is None:
            opened = state.inbox = open_inbox(settings, policy)
        beside = AsyncExitStack()
        if internal is not None:
            await beside.enter_async_context(serving(create_internal_app(state), internal))
        keepers = [asyncio.create_task(_keep_vitals(state))]
        for one in (state.engine, state.canary):
            if isinstance(one, LiveEngine):
                if load_first:
                    await one.look()
                keepers.append(asyncio.create_task(one.keep()))
        try:
            yield
        finally:
            for keeper in keepers:
                keeper.cancel()
                with suppress(asyncio.CancelledError):
                    await keeper
            await beside.aclose()
            await state.transcriber.close()
            await asyncio.to_thread(state.keys.close)
            if opened is not None:
                await opened.close()
                state.inbox = None

    public = (
        *(parse.routes, feedback.routes, conversations.routes, services.routes, model.routes),
        *(webhook.routes, health.routes),
    )
    return _application("Seva", state, public, lifespan)


async def _keep_vitals(state: Runtime) -> None:
    while True:
        await health.show_vitals(state)
        await asyncio.sleep(_VITALS_EVERY)


def create_internal_app(state: Runtime) -> FastAPI:
    """What only our own processes and operators may call, beside the application of `state`."""
    routes = (notices.routes, health.internal_routes, metrics.routes)
    return _application("Seva, internal", state, routes, door=[state.settings.internal_host])


def _application(
    title: str,
    state: Runtime,
    routes: Sequence[Sequence[BaseRoute]],
    lifespan: Any = None,
    door: Sequence[str] | None = None,
) -> FastAPI:
    """`door`: the names that it goes by; None where it answers to every name."""
    app = FastAPI(
        title=title,
        version=VERSION,
        description="What citizens want from their government, in Telugu, Hindi and English.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.runtime = state
    for some in routes:
        app.router.routes.extend(some)
    add_documentation(app)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    # From the inside out: the last one sees a request first, and every answer.
    app.add_middleware(Unexpected)
    app.add_middleware(SlowSenders, seconds=state.settings.body_seconds)
    app.add_middleware(
        GZipMiddleware, minimum_size=state.settings.gzip_bytes, compresslevel=_GZIP_LEVEL
    )
    app.add_middleware(CountRequests, counted=state.metrics)
    app.add_middleware(SecurityHeaders, more=NO_STORE)
    if door is not None:
        app.add_middleware(Door, hosts=door)
    app.add_middleware(ClosingAnswers, drain=state.drain)
    app.add_middleware(RequestTrace)
    return app


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name = _OF_STATUS.get(error.status_code)
    if name is None:
        name = "internal-error" if error.status_code >= 500 else "invalid-request"
    response = Problem(name).response()
    for header, value in (error.headers or {}).items():
        response.headers[header] = value
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    return Problem("invalid-request").response()


class Unexpected:
    """Makes the problem `internal-error` of any other error.

    Starlette's own handler stands outside of all middleware: its answer would be the only one
    without their headers, not counted, and its log line without the trace.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            log.error("request_failed", error=describe(error))
            await Problem("internal-error").response()(scope, receive, send)


class CountRequests:
    """Counts answers by address and status."""

    def __init__(self, app: ASGIApp, counted: ServeMetrics) -> None:
        self._app, self._counted = app, counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = scope["path"] if "endpoint" in scope else "other"
                if scope.get("path_params"):  # a path with values in it names somebody
                    route = scope.get("counted_as", "other")
                self._counted.requests.labels(route, message["status"]).inc()
            await send(message)

        await self._app(scope, receive, counting)
