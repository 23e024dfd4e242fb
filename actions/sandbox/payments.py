"""What every department does beside its counters: it repeats a write's answer by its key, and it
books payments, which the gateway tells it of, or Seva once more."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from actions.sandbox import clock
from actions.sandbox.access import About, Subject, named
from actions.sandbox.clerk import Call, Hook
from actions.sandbox.counter import load_counters
from actions.sandbox.desk import Done
from actions.sandbox.gateway.plans import plans
from actions.sandbox.phones import request_key
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.records import Found, change_record


def learn(db: sqlite3.Connection, order_id: str, moment: str) -> None:
    """The department books the payment of an order, and the record that it was for gets the values
    `paid` of its counter. Told again it changes nothing."""
    row = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None or row["paid_at"] is not None:
        return
    db.execute("UPDATE orders SET paid_at = ? WHERE id = ?", (moment, order_id))
    counter = load_counters(row["department"]).get(row["operation"])
    if counter is not None and counter.order is not None and counter.order.paid:
        change_record(db, row["reference"], counter.order.paid)


def _get_write(call: Call, db: sqlite3.Connection, found: Found) -> Done:
    """A write's answer once more, by its Idempotency-Key."""
    known = call.desk.known_answer(db, call.entered["request_id"])
    if known is None:
        raise _unknown_write()
    return known["status"], json.loads(known["body"]), ""


def _get_payment(call: Call, db: sqlite3.Connection, found: Found) -> Done:
    """Whether the payment of an order is booked."""
    return 200, _booked(_order(call, db)), ""


def _book_payment(call: Call, db: sqlite3.Connection, found: Found) -> Done:
    """Seva says that an order is paid. The department looks into the gateway's books itself, and
    believes no caller."""
    order = _order(call, db)
    row = db.execute("SELECT * FROM gateway_orders WHERE id = ?", (order["id"],)).fetchone()
    paid = row is not None and row["state"] == "paid"
    paid = paid and row["payment_id"] == call.entered["payment_id"]
    if not paid or row["taken"] != row["amount"] or call.entered["amount"] != row["amount"]:
        raise Problem(409, "refused", "That was not paid")
    if not plans()[row["plan"]].takes:
        raise Problem(409, "refused", "It cannot be booked any more")
    learn(db, order["id"], clock.now().isoformat())
    return 200, _booked(_order(call, db)), order["id"]


def _booked(order: sqlite3.Row) -> dict[str, Any]:
    booked = order["paid_at"] is not None
    return {"order_id": order["id"], "booked": booked, "paid_at": order["paid_at"]}


def _order(call: Call, db: sqlite3.Connection) -> sqlite3.Row:
    query = "SELECT * FROM orders WHERE id = ? AND department = ?"
    row: sqlite3.Row | None = db.execute(
        query, (call.entered["order_id"], call.desk.department)
    ).fetchone()
    if row is None:
        raise not_found("order")
    return row


def _unknown_write() -> Problem:
    return Problem(404, "unknown_write", "No write came with this key")


_WRITE = About(lambda db, entered: Subject(request_key(str(entered["request_id"]))), _unknown_write)
_ORDER = named("order_id", "order")
HOOKS: Mapping[str, Hook] = {
    "getWrite": Hook(_get_write, _WRITE),
    "getPayment": Hook(_get_payment, _ORDER),
    "bookPayment": Hook(_book_payment, _ORDER),
}
"""By operation; a department has those that its OpenAPI file has."""
