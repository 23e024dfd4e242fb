"""The gateway's books: orders and money. A change is one transaction: an order is paid once."""

from __future__ import annotations

import datetime
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from actions.sandbox.gateway.plans import Plan, plans
from actions.sandbox.payments import learn
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.records import number_of
from actions.sandbox.store import Store, load_seed

State = Literal["open", "pending", "paid", "failed", "closed", "refunding", "refunded"]
_PAISE = 100


@dataclass(frozen=True)
class GatewayOrder:
    """One order. Amounts are in paise, `settles_at` in seconds since 1970."""

    id: str
    amount: int
    state: State
    plan: str
    settles_at: float | None = None
    payment_id: str | None = None
    paid_at: str | None = None
    taken: int | None = None
    refund_id: str | None = None

    @property
    def played(self) -> Plan:
        """What happens to its payment."""
        return plans()[self.plan]

    def answer(self) -> dict[str, object]:
        """The order as the look-up and the callbacks show it."""
        money = self.state in ("paid", "refunding", "refunded")
        return {
            "order_id": self.id,
            "state": self.state,
            "amount": self.taken if money else self.amount,
            "currency": "INR",
            "payment_id": self.payment_id,
            "paid_at": self.paid_at,
            "payer": load_seed("gateway")["payer"] if money else None,
        }


@dataclass(frozen=True)
class PaidFor:
    """What an order is for: whose it is, the operation that opened it, the number of the record."""

    department: str
    operation: str
    number: str


class Books:
    """All orders; `clock` gives seconds since 1970."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock
        self.plan = "paid"
        """The plan of a payment whose button names none."""

    def order(self, order_id: str) -> GatewayOrder:
        """The order as it is now. Raises Problem 404."""
        with self._store.transaction() as db:
            return self._now(db, order_id)

    def paid_for(self, order_id: str) -> PaidFor:
        """What an order is for. Raises Problem 404."""
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
            if row is None:
                raise not_found("order")
            return PaidFor(row["department"], row["operation"], number_of(db, row["reference"]))

    def pay(self, order_id: str, plan: str | None = None) -> bool:
        """The citizen pays. Returns whether something changed, as an order is paid once."""
        name = plan or self.plan
        played = plans()[name]
        with self._store.transaction() as db:
            order = self._now(db, order_id)
            if order.state != "open":
                return False
            order = replace(order, plan=name)
            if played.ends == "open":
                _keep(db, order)
                return True
            payment = f"PAY-{secrets.token_hex(6)}"
            ready = self._clock() + played.pending_s
            order = replace(order, state="pending", payment_id=payment, settles_at=ready)
            self._settled(db, order)
            return True

    def refund(self, order_id: str) -> GatewayOrder:
        """Give the money of a paid order back, once. Raises Problem 404 or 409 (not paid)."""
        with self._store.transaction() as db:
            order = self._now(db, order_id)
            if order.state in ("refunding", "refunded"):
                return order
            if order.state != "paid":
                raise Problem(409, "not_paid", "There is no money to give back")
            ready = self._clock() + order.played.refund_s
            refund = f"REF-{secrets.token_hex(6)}"
            order = replace(order, state="refunding", refund_id=refund, settles_at=ready)
            return self._settled(db, order)

    def close(self, order_id: str) -> GatewayOrder:
        """Close an open order, so that nobody can pay it. Raises Problem 404 or 409 (paid)."""
        with self._store.transaction() as db:
            order = self._now(db, order_id)
            if order.state == "open":
                order = replace(order, state="closed")
                _keep(db, order)
            elif order.state != "closed":
                raise Problem(409, "not_open", "The order is not open")
            return order

    def money(self, order_id: str) -> list[tuple[str, int]]:
        """Every debit, refund and reversal of an order, in paise."""
        with self._store.transaction() as db:
            query = "SELECT kind, paise FROM gateway_money WHERE order_id = ? ORDER BY id"
            return [(row["kind"], row["paise"]) for row in db.execute(query, (order_id,))]

    def _now(self, db: sqlite3.Connection, order_id: str) -> GatewayOrder:
        """The order, after what was due by now has happened."""
        row = db.execute("SELECT * FROM gateway_orders WHERE id = ?", (order_id,)).fetchone()
        if row is None:
            asked = db.execute("SELECT amount FROM orders WHERE id = ?", (order_id,)).fetchone()
            if asked is None:
                raise not_found("order")
            paise = int(Decimal(str(asked["amount"])) * _PAISE)
            order = GatewayOrder(order_id, paise, "open", "paid")
            _keep(db, order)
            return order
        return self._settled(db, GatewayOrder(**dict(row)))

    def _settled(self, db: sqlite3.Connection, order: GatewayOrder) -> GatewayOrder:
        due = order.settles_at is not None and order.settles_at <= self._clock()
        if due and order.state == "pending":
            order = self._ended(db, order)
        elif due and order.state == "refunding":
            self._move_money(db, order.id, "refund", order.taken or 0)
            order = replace(order, state="refunded", settles_at=None)
        _keep(db, order)
        return order

    def _ended(self, db: sqlite3.Connection, order: GatewayOrder) -> GatewayOrder:
        played, order = order.played, replace(order, settles_at=None)
        if played.ends == "failed":
            if played.debited:
                self._move_money(db, order.id, "debit", order.amount)
                self._move_money(db, order.id, "reversal", order.amount)
            return replace(order, state="failed")
        taken = order.amount + played.extra
        self._move_money(db, order.id, "debit", taken)
        if played.told:
            learn(db, order.id, self._moment())
        return replace(order, state="paid", taken=taken, paid_at=self._moment())

    def _move_money(self, db: sqlite3.Connection, order_id: str, kind: str, paise: int) -> None:
        row = (order_id, kind, paise, self._moment())
        db.execute("INSERT INTO gateway_money (order_id, kind, paise, at) VALUES (?, ?, ?, ?)", row)

    def _moment(self) -> str:
        return datetime.datetime.fromtimestamp(self._clock(), datetime.timezone.utc).isoformat()


def _keep(db: sqlite3.Connection, order: GatewayOrder) -> None:
    values = tuple(vars(order).values())
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT OR REPLACE INTO gateway_orders VALUES ({marks})", values)
