"""The page where a citizen pays: the link of UPI, its QR code, and a button for each plan."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import segno
from fastapi import APIRouter, Form
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from actions.sandbox.gateway.books import Books, GatewayOrder, PaidFor
from actions.sandbox.gateway.merchant import Courier
from actions.sandbox.gateway.plans import plans
from actions.sandbox.page import PAGE, page
from actions.sandbox.problem import Problem
from actions.sandbox.store import load_seed
from nlu.text.numbers import indian_grouping

_LANGUAGES = ("te", "hi", "en")
FONTS = Path(__file__).parents[2] / "documents/fonts"
"""At `/pay/fonts`, so that words are shown on machines without Indic fonts, too."""


@dataclass(frozen=True)
class Intent:
    """Who is paid how much and for which order; `paise` of an Indian rupee.

    The link follows NPCI's UPI Linking Specifications 1.6, section 2.
    """

    address: str
    name: str
    paise: int
    order_id: str
    note: str

    def link(self) -> str:
        """`upi://pay?...`, which opens the citizen's own payment app."""
        amount = f"{Decimal(self.paise) / 100:.2f}"
        fields = {
            "pa": self.address,
            "pn": self.name,
            "am": amount,
            "tr": self.order_id,
            "tn": self.note,
            "cu": "INR",
        }
        return f"upi://pay?{urlencode(fields, safe='@', quote_via=quote)}"

    def picture(self) -> str:
        """The link as a QR code: inline SVG."""
        code = segno.make(self.link(), error="m", micro=False)
        return code.svg_inline(scale=4, border=4, dark="#1c2128", light="#ffffff")


class PlanRequest(BaseModel):
    """Body of `PUT /__gateway/plan`."""

    plan: str


def build(books: Books, courier: Courier, chat_url: str) -> APIRouter:
    """`/pay/<order>` (GET page, POST pays), `/pay/<order>/state`, `/__gateway/plan`. The page leads
    back to `chat_url`."""
    router = APIRouter(include_in_schema=False)
    words = load_seed("payment_page")
    under_way: set[asyncio.Task[None]] = set()

    def later(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        under_way.add(task)  # a task that nobody holds may be collected
        task.add_done_callback(under_way.discard)

    async def settle(order_id: str) -> None:
        """Tell Seva now, and once more when a pending payment has ended."""
        order = await run_in_threadpool(books.order, order_id)
        await courier.bring(order)
        if order.state == "pending":
            await asyncio.sleep(order.played.pending_s)
            await courier.bring(await run_in_threadpool(books.order, order_id))

    @router.get("/pay/{order_id}")
    def show(order_id: str, lang: str = "te") -> Response:
        language = lang if lang in _LANGUAGES else _LANGUAGES[0]
        try:
            order: GatewayOrder | None = books.order(order_id)
            wanted: PaidFor | None = books.paid_for(order_id)
        except Problem:
            order = wanted = None
        return page(
            "pay",
            404 if order is None else 200,
            words={name: texts[language] for name, texts in words["page"].items()},
            buttons={name: words["plans"][name][language] for name in plans()},
            language=language,
            languages=words["languages"],
            order=order,
            amount=order and indian_grouping(Decimal(order.amount) / 100),
            intent=order and wanted and _intent(order, wanted),
            payee=wanted and words["payees"][wanted.department][language],
            purpose=wanted and _purpose(wanted, language),
            number=wanted and wanted.number,
            chat_url=chat_url,
        )

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


def _intent(order: GatewayOrder, wanted: PaidFor) -> Intent:
    """Banks show the payee's name and the note to who pays."""
    payee = load_seed("gateway")["payee"]
    name = load_seed("payment_page")["payees"][wanted.department]["en"]
    note = _purpose(wanted, "en") or f"Order {order.id}"
    return Intent(payee["address"], name, order.amount, order.id, note)


def _purpose(wanted: PaidFor, language: str) -> str:
    """What is paid for, in words; empty where the seeds have none."""
    purposes = load_seed("payment_page")["purposes"]
    words: dict[str, str] = purposes.get(wanted.operation, {})
    return words.get(language, "")
