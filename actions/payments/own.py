"""What a citizen is told who says that money was taken: where their own payments stand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from actions.payments.lifecycle import Lifecycle
from actions.payments.news import words
from actions.payments.payment import Payment, State, payer_of
from nlu.catalogue.model import Catalogue
from nlu.log import get_logger
from nlu.storage.sealing import Unreadable

_LOG = get_logger(__name__)
_DAY = 86400.0
_MOST = 2
"""Payments that are named, the latest ones."""
STANDING: Mapping[State, str] = {
    "open": "payment_not_arrived",
    "pending": "payment_pending",
    "paid": "payment_under_way",
    "paid_not_booked": "payment_not_booked_yet",
    "refunding": "payment_refunding",
    "failed": "payment_failed",
    "booked": "payment_arrived",
}
"""State -> what is said of it; `booked` where the money came to the department just now."""


@dataclass(frozen=True)
class OwnPayments:
    """Looks only at what this sender pays."""

    catalogue: Catalogue
    lifecycle: Lifecycle

    async def told(self, citizen: str, phone: str, language: str) -> tuple[str, ...]:
        """Each payment that is not finished, looked up now, and what happens next. Empty where
        there is none, or the ledger cannot be read."""
        life = self.lifecycle
        since = life.clock() - life.settings.failed_days * _DAY
        try:
            found = await asyncio.to_thread(life.ledger.of_payer, payer_of(citizen, phone), since)
            unfinished = [one for one in found if _is_unfinished(one)][-_MOST:]
            now = [await life.advance(one) for one in unfinished]
        except (SQLAlchemyError, OSError, Unreadable) as error:
            _LOG.error("payments", error=type(error).__name__)
            return ()
        return tuple(
            words(self.catalogue, life.settings, one, STANDING[one.state], language)
            for one in now
            if one.state in STANDING
        )


def _is_unfinished(payment: Payment) -> bool:
    """Whether somebody may still wait for it; with a receipt it is done."""
    return payment.order is not None and payment.state in STANDING and payment.receipt != "sent"
