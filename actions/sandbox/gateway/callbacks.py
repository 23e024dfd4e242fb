"""The gateway tells Seva that something changed: signed, and as unreliable as its plan says."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace

import httpx

from actions.departments.credentials import SigningKey
from actions.departments.signature import signature_headers
from actions.sandbox.gateway.books import GatewayOrder
from nlu.log import get_logger

_LOG = get_logger(__name__)
_TIMEOUT = 5.0


@dataclass(frozen=True)
class Courier:
    """Sends callbacks to `url`; nothing where there is none."""

    url: str | None
    key: SigningKey

    async def bring(self, order: GatewayOrder) -> None:
        """One change of an order, as its plan says."""
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
