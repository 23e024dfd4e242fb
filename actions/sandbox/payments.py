"""The sandbox's payment gateway: a page per order and its state."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from actions.departments.formats import indian_grouping
from actions.sandbox import clock, energy, municipal
from actions.sandbox.counter import pay_order
from actions.sandbox.problem import not_found
from actions.sandbox.seeding import load_seed
from actions.sandbox.store import Store

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)
_ON_PAID = {"payBill": energy.paid, "payTax": municipal.paid}


def build(store: Store) -> APIRouter:
    """`/pay/<order>` (GET page, POST pays) and `/pay/<order>/state`."""
    router = APIRouter()
    words = load_seed("payment_page")

    @router.get("/pay/{order_id}", include_in_schema=False)
    def page(order_id: str) -> Response:
        with store.transaction() as db:
            row = _order(db, order_id)
        order = None
        if row is not None:
            amount = indian_grouping(Decimal(str(row["amount"])))
            order = {"id": row["id"], "amount": amount, "paid": row["paid_at"] is not None}
        html = _TEMPLATES.get_template("pay.html").render(words=words, order=order)
        return HTMLResponse(html, 404 if order is None else 200)

    @router.post("/pay/{order_id}", include_in_schema=False)
    def pay(order_id: str) -> Response:
        with store.transaction() as db:
            row = _order(db, order_id)
            if row is not None and row["paid_at"] is None:
                moment = clock.now().isoformat()
                db.execute("UPDATE orders SET paid_at = ? WHERE id = ?", (moment, order_id))
                coded = _ON_PAID.get(row["operation"])
                if coded is not None:
                    coded(db, row["reference"])
                else:
                    pay_order(db, row["operation"], row["reference"])
        return RedirectResponse(f"/pay/{order_id}", 303)

    @router.get("/pay/{order_id}/state", include_in_schema=False)
    def state(order_id: str) -> dict[str, Any]:
        with store.transaction() as db:
            row = _order(db, order_id)
        if row is None:
            raise not_found("order")
        state = "open" if row["paid_at"] is None else "paid"
        return {"id": row["id"], "amount": row["amount"], "state": state}

    return router


def _order(db: sqlite3.Connection, order_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM orders WHERE id = ?", (order_id,)
    ).fetchone()
    return row
