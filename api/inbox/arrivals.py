"""How many messages of one citizen are taken, and what becomes of those beyond.

The first beyond a limit is kept without its words, as a message that asks for one answer: that
there were too many. Those after it are dropped, which may be silent because it was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from api.whatsapp.payload import EXCESS, Inbound
from nlu.storage.database import Statements, Transaction
from nlu.storage.windows import Limit, Window, add, sweep


def admit(
    db: Statements, messages: Sequence[Inbound], limits: Sequence[Limit], now: float
) -> list[Inbound | None]:
    """For each message the one to keep: itself, one of kind `excess` in its place, or None.

    Call it in the transaction that keeps the messages, for new messages only: a repeated delivery
    is no arrival.
    """
    counted = add(db, [message.lane for message in messages], limits, now)
    return [_kept(message, windows) for message, windows in zip(messages, counted)]


def _kept(message: Inbound, windows: Sequence[Window]) -> Inbound | None:
    over = [one for one in windows if one.is_over_limit]
    if not over:
        return message
    # Whoever passed one limit long ago knows, and need not be told again of the next.
    if any(one.count > one.limit.most + 1 for one in over):
        return None
    return replace(
        message, kind=EXCESS, text=None, button_id=None, media=None, location=None, context_id=None
    )


def forget(db: Transaction, limits: Sequence[Limit], now: float) -> int:
    """Drops counts that no limit looks at any more, a slice at a time; how many it dropped."""
    return sweep(db, max((limit.seconds for limit in limits), default=0.0), now)
