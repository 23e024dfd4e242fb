"""The states of a payment and every allowed move, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from actions.departments.access import sender_of
from actions.departments.journal import Write
from nlu.catalogue.department import Payment as Rule
from nlu.storage.sealing import keyed_hash
from nlu.text.numbers import indian_grouping

State = Literal[
    "opening",  # the department is being asked for an order
    "dropped",  # there is no order that anybody could pay
    "open",  # the citizen has the link
    "pending",  # the gateway says: under way
    "failed",  # not paid; what a bank took all the same it gives back itself
    "expired",  # closed at the gateway, unpaid
    "paid",  # looked up: the right amount has arrived
    "booked",  # the department knows it
    "paid_not_booked",  # the department does not know it in time
    "refunding",  # the gateway has taken our order to give the money back
    "refunded",  # the money is back
]
MOVES: Mapping[State, frozenset[State]] = {
    "opening": frozenset({"open", "dropped"}),
    "dropped": frozenset({"opening"}),
    "open": frozenset({"pending", "paid", "failed", "expired", "refunding", "refunded"}),
    "pending": frozenset({"paid", "failed", "refunding", "refunded"}),
    "paid": frozenset({"booked", "paid_not_booked", "refunding", "refunded"}),
    "paid_not_booked": frozenset({"booked", "refunding", "refunded"}),
    "refunding": frozenset({"refunded"}),
    "refunded": frozenset(),
    "booked": frozenset(),
    # Money that arrives after all for an order that was over is given back, unless the department
    # has booked it already.
    "failed": frozenset({"booked", "refunding", "refunded"}),
    "expired": frozenset({"booked", "refunding", "refunded"}),
}
UNSETTLED: frozenset[State] = frozenset({"opening", "open", "pending", "paid", "paid_not_booked"})
"""While a bill has a payment in one of these, no other is opened for it."""
OVER: frozenset[State] = frozenset({"dropped", "failed", "expired", "booked", "refunded"})
"""Nothing is owed any more."""
CITIZEN = "citizen"
_PAISE = 100


def may_move(before: State, after: State) -> bool:
    """Whether a payment may go from one state to the other; to stay is always allowed."""
    return before == after or after in MOVES[before]


@dataclass(frozen=True)
class Order:
    """What is to be paid: number at the gateway, paise, and the citizen's link."""

    id: str
    paise: int
    link: str


@dataclass(frozen=True)
class Money:
    """What the gateway says has arrived."""

    payment_id: str
    paise: int
    paid_on: str
    payer: str


@dataclass(frozen=True)
class Payment:
    """A row of the ledger. Moments are seconds since 1970; `due_at`: when it is looked at again.

    Who asked for it (`write.context.citizen`) alone has the link, and is told how it ends."""

    id: str
    bill: str
    """Keyed hash of department, operation and the values of `once_for`."""
    write: Write
    gateway: str
    state: State
    opened_at: float
    changed_at: float
    due_at: float | None
    order: Order | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """The department's answer, for the citizen who asks again."""
    money: Money | None = None
    tries: int = 0
    """Look-ups since the last change."""
    told: str = ""
    """The last state that the citizen was told."""
    receipt: str = ""
    """`owed` or `sent`."""
    alarm: str = ""
    """What an operator must look at: `amount`, `late`, `order` or `refund`."""
    version: int = 0


def of_citizen(payment: Payment, write: Write) -> bool:
    """Whether the payment is that of the citizen who asks: by the number that WhatsApp verified,
    whichever of our numbers they wrote to; by their conversation where it told none."""
    opened, asks = payment.write.context, write.context
    number = sender_of(asks.citizen, asks.origin.phone)
    if number is not None:
        return number == sender_of(opened.citizen, opened.origin.phone)
    return opened.citizen == asks.citizen


def new_payment(rule: Rule, write: Write, now: float, due_at: float) -> Payment:
    """A payment that is about to be opened by `write`."""
    return Payment(
        id=write.id,
        bill=bill_of(rule, write),
        write=write,
        gateway=rule.gateway,
        state="opening",
        opened_at=now,
        changed_at=now,
        due_at=due_at,
    )


def payer_of(citizen: str, phone: str = "") -> str:
    """Names who pays, by the number that WhatsApp verified or else the conversation; it tells
    neither."""
    return keyed_hash(sender_of(citizen, phone) or citizen, "payer")


def bill_of(rule: Rule, write: Write) -> str:
    """Names what is paid for; says nothing about the citizen."""
    values = {**write.values, CITIZEN: write.context.citizen}
    parts = [write.department, write.operation, *(values.get(name, "") for name in rule.once_for)]
    return keyed_hash("\0".join(parts), "payment")


def order_of(rule: Rule, fields: Mapping[str, str]) -> Order | None:
    """The order in a department's answer; None where nothing is to be paid."""
    number, link = fields.get(rule.order), fields.get(rule.link)
    paise = in_paise(fields.get(rule.amount, ""))
    if not number or not link or not paise:
        return None
    return Order(number, paise, link)


def closes_at(payment: Payment, rule: Rule | None, open_for: float) -> float:
    """The moment from which nobody can pay the order any more: when the department lets go what is
    to be paid for, and at the latest `open_for` seconds after it was opened."""
    last = payment.opened_at + open_for
    told = payment.fields.get(rule.until, "") if rule and rule.until else ""
    return min(last, datetime.fromisoformat(told).timestamp()) if told else last


def in_paise(rupees: str) -> int | None:
    """`845.5` -> 84550; None for what is no whole number of paise."""
    try:
        paise = Decimal(rupees) * _PAISE
    except InvalidOperation:
        return None
    return int(paise) if paise.is_finite() and paise == int(paise) and paise >= 0 else None


def in_rupees(paise: int) -> str:
    """`84550` -> `845.50`, grouped the Indian way."""
    return indian_grouping(Decimal(paise) / _PAISE)
