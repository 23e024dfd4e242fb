"""What departments and gateways may call on the action server: callbacks, on their own port."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.departments.callbacks import build_callbacks
from actions.payments.callbacks import callback_route
from actions.server.context import Context


def callbacks_app(here: Context) -> Starlette:
    """Every route that others may call."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/health", health),
            *build_callbacks(here.departments).routes,
            callback_route(here.cashier.lifecycle),
        ]
    )
