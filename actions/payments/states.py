"""The states of a payment and every allowed move, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

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


def may_move(before: State, after: State) -> bool:
    """Whether a payment may go from one state to the other; to stay is always allowed."""
    return before == after or after in MOVES[before]
