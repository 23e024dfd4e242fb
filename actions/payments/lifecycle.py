"""Whether a department knows of a payment, and telling it once more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from actions.departments.directory import DepartmentDirectory
from actions.departments.journal import Journal
from actions.departments.result import OperationResult
from actions.payments.gateways import Found, Gateways, Unbelievable
from actions.payments.ledger import Ledger
from actions.payments.payment import Payment, State, closes_at, order_of
from actions.payments.settings import PaymentSettings
from nlu.catalogue.department import Payment as Rule
from nlu.catalogue.department import Ticket
from nlu.log import get_logger

Answer = Literal["booked", "not_booked", "unknown"]
"""`unknown`: the department does not answer; it may know."""
_LOG = get_logger(__name__)
_DAY = 86400.0
_OVER: Mapping[str, State] = {"failed": "failed", "closed": "expired"}
_LATE = ("failed", "expired")
"""States of an order that is over, in which money may arrive all the same."""
_TOLD_FIRST = ("failed", "expired", "refunding")
"""States that citizens are told of before the payment is looked up again."""
Rules = Callable[[str, str], "Rule | None"]
"""(department, operation) -> how it is paid; None where it asks for no money."""


class DepartmentBooks:
    """Asks and tells departments."""

    def __init__(self, departments: DepartmentDirectory) -> None:
        self._departments = departments

    async def ask(self, rule: Rule, payment: Payment) -> Answer:
        """Whether the department has the payment in its books."""
        result = await self._call(payment, rule.booked.operation, f"booked-{payment.id}")
        if result.outcome in rule.booked.booked:
            return "booked"
        return "not_booked" if result.outcome in rule.booked.not_booked else "unknown"

    async def tell(self, rule: Rule, payment: Payment) -> Answer:
        """Tell the department of the payment where it may be told again, and what it says."""
        if rule.book is None:
            return "not_booked"
        result = await self._call(payment, rule.book.operation, f"book-{payment.id}")
        if result.outcome in rule.book.booked:
            return "booked"
        return "not_booked" if result.available else "unknown"

    async def ticket(self, ticket: Ticket, payment: Payment) -> OperationResult:
        """What was paid for, as a document."""
        key = f"ticket-{payment.id}"
        return await self._call(payment, ticket.operation, key, ticket.values)

    async def _call(
        self,
        payment: Payment,
        operation: str,
        key: str,
        renamed: Mapping[str, str] = MappingProxyType({}),
    ) -> OperationResult:
        order, money, context = payment.order, payment.money, payment.write.context
        known = {**payment.fields, **payment.write.values}
        values = {
            **known,
            **{name: known.get(theirs, "") for name, theirs in renamed.items()},
            "order_id": order.id if order else "",
            "payment_id": money.payment_id if money else "",
            "amount_paise": str(money.paise if money else 0),
        }
        return await self._departments.execute(
            payment.write.department,
            operation,
            values,
            citizen=context.citizen,
            request_id=key,
            language=context.language,
            origin=context.origin,
        )


@dataclass(frozen=True)
class Lifecycle:
    """Moves payments on; belongs to the event loop of the connectors."""

    ledger: Ledger
    journal: Journal
    gateways: Gateways
    books: DepartmentBooks
    rules: Rules
    settings: PaymentSettings
    clock: Callable[[], float] = time.time

    async def advance(self, payment: Payment) -> Payment:
        """As far as it goes now. The payment as the ledger has it after that."""
        while True:
            moved = await self._step(payment)
            if moved is None:  # another process has it in hand
                return await asyncio.to_thread(self.ledger.find, payment.id) or payment
            if moved.state in (payment.state, *_TOLD_FIRST):
                return moved
            payment = moved

    async def look_now(self, gateway: str, order_id: str) -> bool:
        """A hint that something changed: whether we know the order. Nothing of it is believed."""
        payment = await asyncio.to_thread(self.ledger.of_order, gateway, order_id)
        if payment is None:
            return False
        if payment.due_at is not None or payment.state in _LATE:
            await self.move(payment, due_at=self.clock())
        return True

    async def _step(self, payment: Payment) -> Payment | None:
        rule = self.rules(payment.write.department, payment.write.operation)
        if rule is None:  # gone from the data: what is open is still looked up
            _LOG.error("payment_without_rule", department=payment.write.department)
        if payment.state == "opening":
            return await self._opening(payment, rule)
        if payment.state in ("booked", "refunded", "dropped"):
            return payment
        try:
            found = await self.gateways.look_up(payment)
        except Unbelievable:
            return await self._alarm(payment, "order")
        if found is None:
            return await self._later(payment)
        if payment.state in ("paid", "paid_not_booked") and found.state == "paid":
            return await self._book(payment, rule)
        return await self._looked(payment, found, rule)

    async def _opening(self, payment: Payment, rule: Rule | None) -> Payment | None:
        """The write was sent and its answer did not come to the ledger: the journal knows it."""
        write, now = payment.write, self.clock()
        entry = await asyncio.to_thread(
            self.journal.find, write.department, write.context.request_id
        )
        given_up = now >= payment.opened_at + self.settings.opening_for
        if entry is not None and entry.state == "settled" and entry.result is not None:
            order = rule and order_of(rule, entry.result.fields)
            if order is not None:
                first = now + self.settings.look_up.after(0)
                fields = entry.result.fields
                return await self.move(
                    payment, state="open", order=order, fields=fields, due_at=first
                )
            return await self.move(payment, state="dropped", due_at=None)
        if given_up or (entry is not None and entry.state == "unsent"):
            # Nobody has the link, so nobody can pay: another order does no harm.
            return await self.move(payment, state="dropped", due_at=None)
        return await self.move(payment, due_at=payment.opened_at + self.settings.opening_for)

    async def _looked(self, payment: Payment, found: Found, rule: Rule | None) -> Payment | None:
        if found.state in ("refunding", "refunded") and payment.state != found.state:
            return await self.move(payment, state=found.state, money=payment.money or found.money)
        if payment.state == "refunding":
            return await self._refunding(payment)
        if found.state == "paid":
            return await self._paid(payment, found, rule)
        if payment.state in _LATE:
            return await self._still_over(payment, found)
        if found.state in _OVER and payment.state in ("open", "pending"):
            over = _OVER[found.state]
            if over == "expired" and payment.state == "pending":
                over = "failed"
            return await self.move(payment, state=over)
        if found.state == "pending" and payment.state == "open":
            return await self.move(payment, state="pending")
        too_long = self.clock() >= closes_at(payment, rule, self.settings.open_for)
        if found.state == "open" and payment.state == "open" and too_long:
            await self.gateways.close(payment)  # the next look-up says whether it is closed
        return await self._later(payment, rule)

    async def _still_over(self, payment: Payment, found: Found) -> Payment | None:
        """Nothing has arrived for an order that is over: looked up now and then, for some days."""
        wait = self.settings.late_look_up.after(payment.tries)
        last = payment.changed_at + self.settings.late_days * _DAY
        if found.state in _OVER and payment.money is None and self.clock() >= last:
            return await self.move(payment, due_at=None)
        return await self.move(payment, tries=payment.tries + 1, due_at=self.clock() + wait)

    async def _refunding(self, payment: Payment) -> Payment | None:
        """On its way back. Where that takes twice as long as it may, an operator is told."""
        waited = self.clock() - payment.changed_at
        if waited > 2 * self.settings.refund_days * _DAY and payment.alarm != "refund":
            return await self._alarm(payment, "refund")
        return await self._later(payment)

    async def _paid(self, payment: Payment, found: Found, rule: Rule | None) -> Payment | None:
        """Money has arrived. The wrong amount goes back, and so does money for an order that was
        over: the citizen may have paid another. What the department has booked stays booked."""
        assert payment.order is not None
        wrong = found.money.paise != payment.order.paise
        if not wrong and payment.state in ("open", "pending"):
            return await self.move(payment, state="paid", money=found.money)
        why = "amount" if wrong else "late"
        if payment.alarm != why:
            _LOG.error("payment_alarm", payment=payment.id[:12], why=why)
        if wrong:
            return await self._refund(payment, found, why)
        kept = await self.move(payment, money=found.money, alarm=why)
        if kept is None:
            return None
        answer = "unknown" if rule is None else await self.books.ask(rule, kept)
        if answer == "booked":
            return await self.move(kept, state="booked", receipt="owed")
        if answer == "not_booked":
            return await self._refund(kept, found, why)
        return await self._later(kept)  # a department that does not answer may have booked it

    async def _book(self, payment: Payment, rule: Rule | None) -> Payment | None:
        answer = "unknown" if rule is None else await self.books.ask(rule, payment)
        if rule is not None and answer == "not_booked" and payment.state == "paid_not_booked":
            answer = await self.books.tell(rule, payment)
        if answer == "booked":
            return await self.move(payment, state="booked", receipt="owed")
        waited = self.clock() - payment.changed_at
        if payment.state == "paid":
            if waited < self.settings.booked_within:
                return await self._later(payment)
            return await self.move(payment, state="paid_not_booked")
        # Only a clear no: a department that does not answer may have booked it.
        if answer == "not_booked" and waited >= self.settings.refund_after:
            return await self._refund(payment, None, payment.alarm)
        return await self._later(payment)

    async def _refund(self, payment: Payment, found: Found | None, why: str) -> Payment | None:
        if not await self.gateways.refund(payment):
            return await self._later(payment)
        money = found.money if found else payment.money
        return await self.move(payment, state="refunding", money=money, alarm=why)

    async def _alarm(self, payment: Payment, why: str) -> Payment | None:
        _LOG.error("payment_alarm", payment=payment.id[:12], why=why)
        wait = self.clock() + self.settings.look_up.longest
        return await self.move(payment, alarm=why, due_at=wait)

    async def _later(self, payment: Payment, rule: Rule | None = None) -> Payment | None:
        """Looked at again after a while, and at the moment at which it is to be closed."""
        now = self.clock()
        due = now + self.settings.look_up.after(payment.tries)
        closes = closes_at(payment, rule, self.settings.open_for)
        if payment.state == "open" and now < closes:
            due = min(due, closes)
        return await self.move(payment, tries=payment.tries + 1, due_at=due)

    async def move(self, payment: Payment, **changes: Any) -> Payment | None:
        """The payment with changes kept, due at once in a new state; None if it was changed."""
        now = self.clock()
        if changes.get("state", payment.state) != payment.state:
            changes = {"tries": 0, "changed_at": now, "due_at": now, **changes}
            _LOG.info("payment", payment=payment.id[:12], state=changes["state"])
        return await asyncio.to_thread(lambda: self.ledger.move(payment, **changes))
