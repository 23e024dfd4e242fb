"""The ledger: a row for each payment, and at most one unsettled row for a bill.

The database itself refuses a second one (a partial unique index), whatever processes do at once. It
lies beside the journal of writes. Who pays for what is sealed; order and amount are not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from actions.departments.journal import Write, database_url
from actions.departments.request import Context, Origin
from actions.payments.payment import (
    OVER,
    UNSETTLED,
    Money,
    Order,
    Payment,
    State,
    may_move,
    payer_of,
)
from nlu.known_fields import known_fields
from nlu.storage.database import Tables
from nlu.storage.sealed_table import SealedTable, unreadable_column
from nlu.storage.sealing import seal, unseal
from nlu.storage.tables import delete_in_slices, open_tables

_METADATA = sa.MetaData()
_UNSETTLED = sa.text("state IN ({})".format(", ".join(f"'{s}'" for s in sorted(UNSETTLED))))
PAYMENTS = sa.Table(
    "payments",
    _METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("bill", sa.String(64), nullable=False),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("gateway", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text),
    sa.Column("paise", sa.BigInteger),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("opened_at", sa.Float(53), nullable=False),
    sa.Column("changed_at", sa.Float(53), nullable=False),
    sa.Column("due_at", sa.Float(53)),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("told", sa.Text, nullable=False),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.Column("alarm", sa.Text, nullable=False),
    sa.Column("private", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("payer", sa.String(64)),
    unreadable_column(),
    sa.Index("payments_due", "due_at"),
    sa.Index("payments_payer", "payer"),
    sa.Index("payments_opened", "opened_at"),
    sa.Index(
        "payments_one_unsettled",
        "bill",
        unique=True,
        sqlite_where=_UNSETTLED,
        postgresql_where=_UNSETTLED,
    ),
    sa.Index("payments_order", "gateway", "order_id", unique=True),
)
TABLES = Tables("payments", _METADATA, Path(__file__).parents[1] / "migrations" / "payments")
_PLAIN = (
    *("bill", "gateway", "state", "opened_at", "changed_at", "due_at"),
    *("tries", "told", "receipt", "alarm", "version"),
)


class NotAllowed(Exception):
    """A move that `states.MOVES` does not have: a defect, not weather."""


class Ledger:
    """The table of payments. All methods block: call them in a thread."""

    def __init__(self, url: str) -> None:
        """SQLAlchemy URL of SQLite or PostgreSQL; the table is made if it is not there."""
        self._engine = open_tables(url, TABLES)
        self.table = SealedTable("payments", self._engine, PAYMENTS, ["private"], _payment)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Ledger:
        """In the database of SEVA_JOURNAL_URL."""
        return cls(database_url(environ))

    def begin(self, new: Payment) -> Payment | None:
        """Keep a new payment in state `opening`, and give it back; or the payment that stands in
        its way: the same one, begun before, or the bill's unsettled one. None: neither is there
        any more, so try again. Raises Unreadable where what stands in the way cannot be read."""
        try:
            with self._engine.begin() as db:
                db.execute(PAYMENTS.insert().values(**_row(new)))
            return new
        except sa.exc.IntegrityError:
            known = self.find(new.id)
        if known is None or known.state != "dropped":
            return known or self.unsettled(new.bill)
        again = replace(new, version=known.version + 1)
        try:
            return again if self._update(known, again) else None
        except sa.exc.IntegrityError:
            return self.unsettled(new.bill)

    def move(self, payment: Payment, **changes: Any) -> Payment | None:
        """The payment with `changes` kept; None if another changed it since it was read.

        Raises NotAllowed.
        """
        changed = replace(payment, version=payment.version + 1, **changes)
        if not may_move(payment.state, changed.state):
            raise NotAllowed(f"{payment.state} -> {changed.state}")
        return changed if self._update(payment, changed) else None

    def find(self, payment_id: str) -> Payment | None:
        """The payment of that id. Raises Unreadable."""
        return self.table.one(PAYMENTS.c.id == payment_id)

    def of_order(self, gateway: str, order_id: str) -> Payment | None:
        """The payment of a gateway's order. Raises Unreadable."""
        where = (PAYMENTS.c.gateway == gateway) & (PAYMENTS.c.order_id == order_id)
        return self.table.one(where)

    def unsettled(self, bill: str) -> Payment | None:
        """The one payment that keeps a bill from being paid twice. Raises Unreadable."""
        return self.table.one((PAYMENTS.c.bill == bill) & _in(UNSETTLED))

    def due(self, now: float, limit: int) -> list[Payment]:
        """Payments to look at, longest due first."""
        return self.table.some(PAYMENTS.c.due_at <= now, PAYMENTS.c.due_at, limit)

    def of_payer(self, payer: str, moment: float) -> list[Payment]:
        """What somebody pays (`payment.payer_of`) that is not over, or changed since then, the
        latest last."""
        where = PAYMENTS.c.payer == payer
        recent = _in(UNSETTLED) | (PAYMENTS.c.changed_at >= moment)
        return self.table.some(where & recent, PAYMENTS.c.opened_at, None)

    def since(self, moment: float) -> list[Payment]:
        """Every payment opened since then, and all that are unsettled, oldest first."""
        where = (PAYMENTS.c.opened_at >= moment) | _in(UNSETTLED)
        return self.table.some(where, PAYMENTS.c.opened_at, None)

    def forget(self, before: float) -> int:
        """Delete what is over since before that moment; how many. Kept is money that is not
        settled, and whatever is yet to be looked up or told."""
        over = (
            _in(OVER) & PAYMENTS.c.due_at.is_(None) & PAYMENTS.c.receipt.notin_(("owed", "later"))
        )
        return delete_in_slices(self._engine, PAYMENTS, over & (PAYMENTS.c.changed_at < before))

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _update(self, before: Payment, after: Payment) -> bool:
        this = (PAYMENTS.c.id == before.id) & (PAYMENTS.c.version == before.version)
        row = _row(after)
        with self._engine.begin() as db:
            there = db.execute(sa.select(PAYMENTS.c.private).where(this)).scalar()
            if there is None:
                return False
            row["private"] = _kept(there, before, after)
            done = db.execute(PAYMENTS.update().where(this).values(**row))
        return bool(done.rowcount == 1)


def _in(states: frozenset[State]) -> Any:
    return PAYMENTS.c.state.in_(sorted(states))


def _row(payment: Payment) -> dict[str, Any]:
    write, order = payment.write, payment.order
    return {
        "id": payment.id,
        "department": write.department,
        "operation": write.operation,
        "order_id": order and order.id,
        "paise": order and order.paise,
        "private": seal(_private(payment)),
        "payer": payer_of(write.context.citizen, write.context.origin.phone),
        "unreadable_at": None,
        **{name: getattr(payment, name) for name in _PLAIN},
    }


def _private(payment: Payment) -> dict[str, Any]:
    """What is sealed."""
    return {
        "values": dict(payment.write.values),
        "context": asdict(payment.write.context),
        "fields": dict(payment.fields),
        "link": payment.order and payment.order.link,
        "money": payment.money and asdict(payment.money),
    }


def _kept(token: str, before: Payment, after: Payment) -> str:
    """What is sealed of a payment that changes, with what a newer Seva may have written there."""
    new = _private(after)
    if new == _private(before):
        return token
    old = _opened(token)
    context = {**old["context"], **new["context"]}
    context["origin"] = {**old["context"]["origin"], **new["context"]["origin"]}
    money = new["money"] and {**(old["money"] or {}), **new["money"]}
    return seal({**old, **new, "context": context, "money": money})


def _opened(token: str) -> dict[str, Any]:
    """Raises Unreadable."""
    found = unseal(token)
    return json.loads(found) if isinstance(found, str) else found  # text: as it was at first


def _payment(row: Mapping[str, Any]) -> Payment:
    """The payment of a row. Raises Unreadable."""
    private = _opened(row["private"])
    told = private["context"]
    origin = Origin(**known_fields(Origin, told["origin"]))
    context = Context(**known_fields(Context, {**told, "origin": origin}))
    write = Write(row["department"], row["operation"], private["values"], context)
    order = row["order_id"] and Order(row["order_id"], row["paise"], private["link"])
    plain = {name: row[name] for name in _PLAIN}
    return Payment(
        id=row["id"],
        write=write,
        order=order or None,
        fields=private["fields"],
        money=Money(**known_fields(Money, private["money"])) if private["money"] else None,
        **{**plain, "state": cast(State, row["state"])},
    )
