"""The reconciliation job: looks at every payment that is not over, settles it, tells how it ended.

Any number of processes may run it: a row is held by its version, and every step may be repeated.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from actions.departments.settlement import BATCH, take_up
from actions.news.notices import NoticeRefused
from actions.payments.lifecycle import Lifecycle
from actions.payments.news import LATER, OWED, PaymentNews
from actions.payments.payment import Payment
from nlu.log import get_logger
from nlu.trace import TraceContext, span

_LOG = get_logger(__name__)
_LEASE = 60.0
"""Seconds for which a payment is one process's."""


@dataclass(frozen=True)
class Reconciliation:
    """Belongs to the event loop of the connectors."""

    lifecycle: Lifecycle
    news: PaymentNews

    async def run(self, every: float) -> None:
        """Works every so many seconds until cancelled."""
        await take_up(self.step, every, "reconciliation")

    async def step(self) -> int:
        """Takes up what is due now, once; how many payments."""
        due = await asyncio.to_thread(self.lifecycle.ledger.due, self.lifecycle.clock(), BATCH)
        await asyncio.gather(*(self._take(payment) for payment in due))
        return len(due)

    async def _take(self, payment: Payment) -> None:
        held = await self.lifecycle.move(payment, due_at=self.lifecycle.clock() + _LEASE)
        if held is None:
            return
        bought_in = TraceContext.read(held.write.context.origin.trace)
        with span("settle payment", "consumer", parent=bought_in) as one:
            await self._advance(held)
            one.set_attribute("seva.gateway", held.gateway)

    async def _advance(self, held: Payment) -> None:
        try:
            await self._tell(await self.lifecycle.advance(held))
        except Exception as error:  # one payment must not keep the others from being settled
            _LOG.error("payment_step", payment=held.id[:12], error=type(error).__name__)

    async def _tell(self, payment: Payment) -> None:
        settings, now = self.lifecycle.settings, self.lifecycle.clock()
        rule = self.lifecycle.rules(payment.write.department, payment.write.operation)
        if payment.state == "pending" and payment.told != "pending":
            ready = payment.changed_at + settings.pending_told_after
            if now < ready:
                if payment.due_at is None or payment.due_at > ready:
                    await self.lifecycle.move(payment, due_at=ready)
                return
        if rule is None or not self.news.owes(payment):
            await self._rest(payment)
            return
        papers = await self.news.papers(payment, rule)
        if payment.receipt == OWED and papers is None:
            without = await self.lifecycle.move(payment, receipt=LATER)
            if without is None:
                return
            payment = without
        try:
            changes = await self.news.tell(payment, papers)
        except NoticeRefused:
            wait = settings.look_up.after(payment.tries)
            await self.lifecycle.move(payment, tries=payment.tries + 1, due_at=now + wait)
            return
        told = await self.lifecycle.move(payment, **changes) if changes else payment
        if told is not None:
            await self._rest(told)

    async def _rest(self, payment: Payment) -> None:
        """When it is looked at again; never, once all is done and told."""
        settings, now = self.lifecycle.settings, self.lifecycle.clock()
        if payment.state in ("booked", "refunded", "dropped"):
            owed = payment.receipt in (OWED, LATER)
            due = now + settings.look_up.after(payment.tries) if owed else None
            tries = payment.tries + 1 if owed else payment.tries
            await self.lifecycle.move(payment, due_at=due, tries=tries)
        elif payment.state in ("paid", "paid_not_booked", "refunding") and (
            payment.due_at is not None and payment.due_at <= now
        ):
            wait = settings.look_up.after(payment.tries)
            await self.lifecycle.move(payment, due_at=now + wait)
