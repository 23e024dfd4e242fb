"""What the sandbox's departments know of payments: told by the gateway, or told again by Seva."""

from __future__ import annotations

import sqlite3
from pathlib import Path as File
from typing import Any

from fastapi import Depends, FastAPI, Path, Response
from pydantic import BaseModel, Field

from actions.sandbox import clock
from actions.sandbox.access import named
from actions.sandbox.clerk import pay_order
from actions.sandbox.desk import Body, Desk, idempotency_key, language
from actions.sandbox.gateway.plans import plans
from actions.sandbox.problem import Problem, not_found

_ORDER = "^ORD-[0-9a-f]{12}$"


class PaymentNews(BaseModel):
    """Body of bookPayment; `amount` in paise."""

    payment_id: str = Field(..., min_length=1, max_length=64)
    amount: int = Field(..., ge=1)


def learn(db: sqlite3.Connection, order_id: str, moment: str) -> None:
    """The department books the payment of an order; told again it changes nothing."""
    row = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None or row["paid_at"] is not None:
        return
    db.execute("UPDATE orders SET paid_at = ? WHERE id = ?", (moment, order_id))
    pay_order(db, row["department"], row["operation"], row["reference"])


def add_payments(desk: Desk, app: FastAPI, openapi: File) -> None:
    """Serve getPayment and bookPayment where the department's OpenAPI file has them."""
    described = openapi.read_text("utf-8") if openapi.exists() else ""  # parsing takes longer
    order_of = named("order_id", "order")
    desk.guard.about.update(getPayment=order_of, bookPayment=order_of)

    if "operationId: getPayment" in described:

        @app.get("/payments/{order_id}", operation_id="getPayment", dependencies=[desk.guarded()])
        def get_payment(
            order_id: str = Path(..., regex=_ORDER), words: str = Depends(language)
        ) -> dict[str, Any]:
            with desk.store.transaction() as db:
                return _booked(_order(db, desk, order_id))

    if "operationId: bookPayment" in described:

        @app.post("/payments/{order_id}", operation_id="bookPayment", dependencies=[desk.guarded()])
        def book_payment(
            body: PaymentNews,
            order_id: str = Path(..., regex=_ORDER),
            key: str = Depends(idempotency_key),
            words: str = Depends(language),
        ) -> Response:
            def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
                _refuse(db, _order(db, desk, order_id), body)
                learn(db, order_id, clock.now().isoformat())
                return 200, _booked(_order(db, desk, order_id)), order_id

            return desk.once("bookPayment", key, {"order": order_id, **body.dict()}, work)


def _booked(order: sqlite3.Row) -> dict[str, Any]:
    booked = order["paid_at"] is not None
    return {"order_id": order["id"], "booked": booked, "paid_at": order["paid_at"]}


def _order(db: sqlite3.Connection, desk: Desk, order_id: str) -> sqlite3.Row:
    query = "SELECT * FROM orders WHERE id = ? AND department = ?"
    row: sqlite3.Row | None = db.execute(query, (order_id, desk.department)).fetchone()
    if row is None:
        raise not_found("order")
    return row


def _refuse(db: sqlite3.Connection, order: sqlite3.Row, news: PaymentNews) -> None:
    """Raise the problem that stands against booking: the department looks in the gateway's books
    itself, and believes no caller."""
    row = db.execute("SELECT * FROM gateway_orders WHERE id = ?", (order["id"],)).fetchone()
    paid = row is not None and row["state"] == "paid" and row["payment_id"] == news.payment_id
    if not paid or row["taken"] != row["amount"] or news.amount != row["amount"]:
        raise Problem(409, "refused", "That was not paid")
    if not plans()[row["plan"]].takes:
        raise Problem(409, "refused", "It cannot be booked any more")
