"""The page where a citizen pays: the link of UPI, its QR code, and a button for each plan."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Form
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel

from actions.sandbox.first_records import load_seed
from actions.sandbox.gateway.books import Books, GatewayOrder
from actions.sandbox.gateway.callbacks import Courier
from actions.sandbox.gateway.plans import plans
from actions.sandbox.gateway.upi import Intent
from actions.sandbox.headers import PAGE
from actions.sandbox.problem import Problem
from nlu.text.numbers import indian_grouping

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_LANGUAGES = ("te", "hi", "en")
FONTS = Path(__file__).parents[2] / "documents/fonts"
"""At `/pay/fonts`, so that words are shown on machines without Indic fonts, too."""


class PlanRequest(BaseModel):
    """Body of `PUT /__gateway/plan`."""

    plan: str


def build(books: Books, courier: Courier) -> APIRouter:
    """`/pay/<order>` (GET page, POST pays), `/pay/<order>/state`, `/__gateway/plan`."""
    router = APIRouter(include_in_schema=False)
    words = load_seed("payment_page")
    under_way: set[asyncio.Task[None]] = set()

    def later(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        under_way.add(task)  # a task that nobody holds may be collected
        task.add_done_callback(under_way.discard)

    async def settle(order_id: str) -> None:
        """Tells Seva now, and once more when what was pending is over."""
        order = await run_in_threadpool(books.order, order_id)
        await courier.bring(order)
        if order.state == "pending":
            await asyncio.sleep(order.played.pending_s)
            await courier.bring(await run_in_threadpool(books.order, order_id))

    @router.get("/pay/{order_id}")
    def page(order_id: str, lang: str = "te") -> Response:
        language = lang if lang in _LANGUAGES else _LANGUAGES[0]
        try:
            order: GatewayOrder | None = books.order(order_id)
        except Problem:
            order = None
        html = _TEMPLATES.get_template("pay.html").render(
            words={name: texts[language] for name, texts in words["page"].items()},
            buttons={name: words["plans"][name][language] for name in plans()},
            language=language,
            languages=words["languages"],
            order=order,
            amount=order and indian_grouping(Decimal(order.amount) / 100),
            intent=order and _intent(order),
        )
        return HTMLResponse(html, 404 if order is None else 200, headers=PAGE)

    @router.post("/pay/{order_id}")
    async def pay(order_id: str, plan: str = Form(""), lang: str = Form("te")) -> Response:
        if plan and plan not in plans():
            raise Problem(422, "invalid_request", "There is no such plan")
        if await run_in_threadpool(books.pay, order_id, plan or None):
            later(settle(order_id))
        language = lang if lang in _LANGUAGES else _LANGUAGES[0]
        return RedirectResponse(f"/pay/{order_id}?lang={language}", 303, headers=PAGE)

    @router.get("/pay/{order_id}/state")
    def state(order_id: str) -> dict[str, Any]:
        return {**books.order(order_id).answer(), "money": books.money(order_id)}

    @router.put("/__gateway/plan")
    def choose(body: PlanRequest) -> dict[str, str]:
        if body.plan not in plans():
            raise Problem(422, "invalid_request", "There is no such plan")
        books.plan = body.plan
        return {"plan": books.plan}

    return router


def _intent(order: GatewayOrder) -> Intent:
    payee = load_seed("gateway")["payee"]
    note = f"Order {order.id}"
    return Intent(payee["address"], payee["name"], order.amount, order.id, note)
