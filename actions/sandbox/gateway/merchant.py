"""What the gateway is to the merchant, who is Seva: an API to look an order up, close it and give
its money back, and callbacks that say that something changed.

Callbacks are signed, and as unreliable as the order's plan says.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace

import httpx
from fastapi import Depends, FastAPI, Header, Path, Security
from fastapi.security import APIKeyHeader

from actions.departments.credentials import SigningKey
from actions.departments.signature import signature_headers
from actions.sandbox import problem
from actions.sandbox.desk import Body, check_key
from actions.sandbox.gateway.books import Books, GatewayOrder
from nlu.log import get_logger

_LOG = get_logger(__name__)
_TIMEOUT = 5.0
_API_KEY = APIKeyHeader(name="X-Api-Key", auto_error=False)
_ORDER = "^ORD-[0-9a-f]{12}$"


def idempotency_key(idempotency_key: str = Header(..., min_length=1, max_length=200)) -> str:
    """The key of a write."""
    return idempotency_key


def build(books: Books, api_key: str) -> FastAPI:
    """The app; its OpenAPI file is `data/gateways/openapi/sandbox.yml`."""
    app = FastAPI(title="Payment gateway (sandbox)", version="1.0", docs_url=None, redoc_url=None)
    app.openapi_version = "3.0.3"
    problem.install(app)

    def check(key: str | None = Security(_API_KEY)) -> None:
        check_key(key, api_key)

    guarded = [Depends(check)]

    @app.get("/orders/{order_id}", operation_id="lookUpOrder", dependencies=guarded)
    def look_up(order_id: str = Path(..., regex=_ORDER)) -> Body:
        return dict(books.order(order_id).answer())

    @app.post("/orders/{order_id}/close", operation_id="closeOrder", dependencies=guarded)
    def close(order_id: str = Path(..., regex=_ORDER), key: str = Depends(idempotency_key)) -> Body:
        return dict(books.close(order_id).answer())

    @app.post("/orders/{order_id}/refund", operation_id="refundOrder", dependencies=guarded)
    def refund(
        order_id: str = Path(..., regex=_ORDER), key: str = Depends(idempotency_key)
    ) -> Body:
        return dict(books.refund(order_id).answer())

    return app


@dataclass(frozen=True)
class Courier:
    """Sends callbacks to `url`; does nothing without a `url`."""

    url: str | None
    key: SigningKey

    async def bring(self, order: GatewayOrder) -> None:
        """Tell Seva of one change of an order, as its plan says."""
        plan = order.played
        if plan.callback == "lost":
            return
        if plan.callback == "late":
            await asyncio.sleep(plan.late_s)
        if plan.callback == "forged":
            order = replace(order, state="paid", taken=order.amount, payment_id="PAY-forged")
        await self._post(order)
        if plan.callback == "twice":
            await self._post(order)

    async def _post(self, order: GatewayOrder) -> None:
        if self.url is None:
            return
        body = json.dumps(order.answer()).encode()
        path = httpx.URL(self.url).raw_path.decode("ascii")
        headers = signature_headers(self.key, "POST", path, "", body)
        headers["Content-Type"] = "application/json"
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
                answer = await client.post(self.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            _LOG.info("gateway_callback", error=type(error).__name__)
        else:
            _LOG.info("gateway_callback", status=answer.status_code)
