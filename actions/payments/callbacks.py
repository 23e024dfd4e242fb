"""Callbacks of gateways: signed, not replayed, and only a hint to look the order up now.

`POST /callbacks/payments/<gateway>` with the headers of the gateway's `callbacks:` block. The body
is read as an answer of `lookUpOrder`; nothing but its order id is used.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.routing import Route

from actions.departments.connector import Connector
from actions.departments.delivery import Delivery, Verdict, delivery_route, receive_once
from actions.departments.signature import Refusal
from actions.payments.gateways import LOOK_UP
from actions.payments.lifecycle import Lifecycle

_LANGUAGE = "en"
"""Of the reading only: no field that is used depends on it."""


async def receive(
    lifecycle: Lifecycle,
    gateway: str,
    delivery: Delivery,
    clock: Callable[[], float] = time.time,
) -> Verdict | Refusal:
    """Believe that it comes from the gateway or refuse it; what it says is looked up."""
    directory = lifecycle.gateways.directory

    async def settle(connector: Connector, body: object, _: float) -> Verdict:
        told = connector.read(LOOK_UP, 200, body, _LANGUAGE)
        known = await lifecycle.look_now(gateway, told.fields["order_id"])
        return "pending" if known else "unknown_reference"

    # A nonce of a gateway may also be one of a department.
    names = f"payments/{gateway}"
    return await receive_once(directory, gateway, names, delivery, settle, clock)


def callback_route(lifecycle: Lifecycle, clock: Callable[[], float] = time.time) -> Route:
    """The ASGI route, in the connectors' event loop."""

    async def received(gateway: str, delivery: Delivery) -> Verdict | Refusal:
        return await receive(lifecycle, gateway, delivery, clock)

    return delivery_route("/callbacks/payments/{sender}", lifecycle.gateways.directory, received)
