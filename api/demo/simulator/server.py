"""`seva simulator`: the simulated WhatsApp and its chat page as one web server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from api.demo.simulator.chat import STATIC, chat_router
from api.demo.simulator.cloud import cloud_router
from api.demo.simulator.control import control_router
from api.demo.simulator.errors import ControlError, MetaError, error_response
from api.demo.simulator.rules import Rules, load_rules
from api.demo.simulator.sms import sms_router
from api.demo.simulator.world import World
from nlu.settings.settings import SimulatorSettings
from nlu.web import FONTS, Door

STOP_S = 2


def create_app(settings: SimulatorSettings | None = None, rules: Rules | None = None) -> FastAPI:
    """The application; its `state.world` is made when it starts."""
    settings = settings or SimulatorSettings()
    rules = rules or load_rules()
    world = World(settings, rules)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        world.start(world.shake_hands_until_verified())
        yield
        await world.close()

    app = FastAPI(title="Seva WhatsApp simulator", lifespan=lifespan, openapi_url=None)
    app.add_middleware(Door, hosts=[settings.simulator_host, *settings.page_names])
    app.state.world = world

    @app.exception_handler(MetaError)
    async def refused(request: Request, error: MetaError) -> JSONResponse:
        answer = error_response(error, rules)
        what = f"{request.method} {request.url.path.rsplit('/', 1)[-1]}"
        world.report(
            {"what": what, "status": answer.status_code, "code": error.code, "body": error.details}
        )
        return answer

    @app.exception_handler(ControlError)
    async def senseless(request: Request, error: ControlError) -> JSONResponse:
        body: dict[str, Any] = {"type": "about:blank", "status": 422, "detail": str(error)}
        return JSONResponse(body, status_code=422, media_type="application/problem+json")

    @app.exception_handler(ValueError)
    async def malformed(request: Request, error: ValueError) -> JSONResponse:
        return await senseless(request, ControlError(f"malformed: {error}"))

    app.mount("/static/fonts", StaticFiles(directory=FONTS))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(chat_router(world))
    app.include_router(control_router(world))
    app.include_router(sms_router(world))
    app.include_router(cloud_router(world))
    return app


def simulator_command(settings: SimulatorSettings) -> None:
    """Serves until stopped."""
    import uvicorn

    uvicorn.run(
        create_app(settings),
        host=settings.simulator_host,
        port=settings.simulator_port,
        log_level=settings.log_level.lower(),
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=STOP_S,
    )


if __name__ == "__main__":
    simulator_command(SimulatorSettings.read())
