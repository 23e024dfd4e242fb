"""Callbacks of gateways: signed, not replayed, and only a hint to look the order up now.

`POST /callbacks/payments/<gateway>` with the headers of the gateway's `callbacks:` block. The body
is read as an answer of `lookUpOrder`; nothing but its order id is used.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.departments.callbacks import STATUS, Delivery, Verdict
from actions.departments.result import CallFailed
from actions.departments.signature import Refusal, refusal
from actions.payments.following import Following
from actions.payments.gateways import LOOK_UP

_LOG = structlog.get_logger("seva.payments")
_LANGUAGE = "en"
"""Of the reading only: no field that is used depends on it."""


async def receive(
    following: Following,
    gateway: str,
    delivery: Delivery,
    clock: Callable[[], float] = time.time,
) -> Verdict | Refusal:
    """Believe that it comes from the gateway or refuse it; what it says is looked up."""
    directory = following.gateways.directory
    try:
        connector = directory.connector(gateway)
    except KeyError:
        return "unknown_department"
    settings, now = connector.department.callbacks, clock()
    if settings is None:
        return "unknown_department"
    if len(delivery.body) > connector.department.egress.max_response_bytes:
        return "too_long"
    why = refusal(
        settings.key,
        delivery.method,
        delivery.path,
        delivery.query,
        delivery.body,
        delivery.headers,
        max_age=settings.max_age,
        now=now,
    )
    if why is not None:
        return why
    low = {name.lower(): value for name, value in delivery.headers.items()}
    nonce = low[settings.key.headers.nonce.lower()]
    # A nonce of a gateway may also be one of a department.
    kept = await asyncio.to_thread(directory.journal.remember, f"payments/{gateway}", nonce, now)
    if not kept:
        return "replay"
    try:
        told = connector.read(LOOK_UP, 200, json.loads(delivery.body), _LANGUAGE)
    except (CallFailed, ValueError):
        return "malformed"
    known = await following.look_now(gateway, told.fields["order_id"])
    return "pending" if known else "unknown_reference"


def callback_route(following: Following, clock: Callable[[], float] = time.time) -> Route:
    """The ASGI route, in the connectors' event loop."""

    async def serve(request: Request) -> Response:
        gateway = request.path_params["gateway"]
        delivery = Delivery(
            request.method,
            request.scope["raw_path"].decode("ascii", "replace"),
            request.scope["query_string"].decode("ascii", "replace"),
            dict(request.headers),
            await request.body(),
        )
        verdict = await receive(following, gateway, delivery, clock)
        known = verdict != "unknown_department"
        _LOG.info("gateway_callback", gateway=known and gateway, verdict=verdict)
        status = STATUS[verdict]
        if status == 204:
            return Response(status_code=204)
        problem = {"type": "about:blank", "title": verdict, "status": status, "code": verdict}
        return JSONResponse(problem, status, media_type="application/problem+json")

    return Route("/callbacks/payments/{gateway}", serve, methods=["POST"])
