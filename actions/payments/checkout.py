"""Operations that ask for money, done once for a bill: the check comes before the department's
write is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from actions.departments.directory import DepartmentDirectory
from actions.departments.formats import until_text
from actions.departments.journal import Entry, Write
from actions.departments.request import NO_SERVICE, Context, Origin
from actions.departments.result import UNAVAILABLE, OperationResult
from actions.payments.lifecycle import Lifecycle
from actions.payments.payment import (
    Payment,
    State,
    closes_at,
    in_rupees,
    new_payment,
    of_citizen,
    order_of,
)
from nlu.catalogue.department import Payment as Rule
from nlu.log import get_logger
from nlu.storage.sealing import Unreadable

_LOG = get_logger(__name__)
OUTCOMES: Mapping[State, str] = {
    "opening": "payment_opening",
    "pending": "payment_under_way",
    "paid": "payment_under_way",
    "paid_not_booked": "payment_not_booked",
}
"""What a citizen is told who asks for their payment that is under way: outcome, and phrase."""
BY_ANOTHER = "payment_by_another"
"""What others are told: no link, no amount, nothing of who pays."""
_ROUNDS = 3


class Checkout:
    """`DepartmentDirectory.execute`, with payments opened once."""

    def __init__(self, departments: DepartmentDirectory, lifecycle: Lifecycle) -> None:
        self._departments, self._lifecycle = departments, lifecycle
        self._ledger = lifecycle.ledger

    async def execute(
        self,
        department: str,
        operation_id: str,
        values: Mapping[str, str],
        *,
        citizen: str,
        request_id: str,
        language: str,
        origin: Origin = NO_SERVICE,
        code: str | None = None,
    ) -> OperationResult:
        """As the directory does it; an outcome of `OUTCOMES` where a payment is under way."""
        context = Context(citizen, request_id, language, origin)
        write = Write(department, operation_id, values, context)
        rule = self._lifecycle.rules(department, operation_id)
        if rule is None:
            return await self._send(write, code)
        try:
            return await self._once(rule, write, code)
        except (SQLAlchemyError, OSError, Unreadable) as error:
            _LOG.error("payments", department=department, error=type(error).__name__)
            return OperationResult(UNAVAILABLE, reason="journal")

    async def late(self, entry: Entry, result: OperationResult) -> OperationResult:
        """What is to be told of an answer that came later: an order counts only in the ledger."""
        write = entry.write
        rule = self._lifecycle.rules(write.department, write.operation)
        if rule is None or order_of(rule, result.fields) is None:
            return result
        standing = await self._standing(rule, write)
        if standing is not None and standing.id == write.id and standing.state == "opening":
            return await self._answered(rule, standing, result)
        return result if standing is None else self._told(standing, write)

    async def _once(self, rule: Rule, write: Write, code: str | None) -> OperationResult:
        for _ in range(_ROUNDS):
            standing = await self._standing(rule, write)
            if standing is None:
                continue
            if standing.id != write.id or standing.state != "opening":
                await self._made_way(standing, write)
                now = await self._lifecycle.advance(standing)
                if now.id != write.id and now.state not in ("open", *OUTCOMES):
                    continue  # it is over, so a new one may begin
                return self._told(now, write)
            return await self._answered(rule, standing, await self._send(write, code))
        return OperationResult(OUTCOMES["opening"])

    async def _made_way(self, standing: Payment, write: Write) -> None:
        """A link that nobody has paid for a while is closed for another citizen: else whoever
        names a bill could keep it from being paid."""
        waited = self._lifecycle.clock() - standing.opened_at
        others = self._lifecycle.settings.others_wait
        if standing.state == "open" and not of_citizen(standing, write) and waited >= others:
            await self._lifecycle.gateways.close(standing)  # the look-up says whether it is

    async def _standing(self, rule: Rule, write: Write) -> Payment | None:
        now = self._lifecycle.clock()
        new = new_payment(rule, write, now, now + self._lifecycle.settings.opening_for)
        return await asyncio.to_thread(self._ledger.begin, new)

    async def _send(self, write: Write, code: str | None) -> OperationResult:
        context = write.context
        return await self._departments.execute(
            write.department,
            write.operation,
            write.values,
            citizen=context.citizen,
            request_id=context.request_id,
            language=context.language,
            origin=context.origin,
            code=code,
        )

    async def _answered(
        self, rule: Rule, payment: Payment, result: OperationResult
    ) -> OperationResult:
        """The department's answer, once the ledger has it."""
        move, order = self._lifecycle.move, order_of(rule, result.fields)
        if not result.available:
            await self._lifecycle.advance(payment)  # dropped at once where nothing was sent
            return result
        if order is None:
            await move(payment, state="dropped", due_at=None)
            return result
        due = self._lifecycle.clock() + self._lifecycle.settings.look_up.after(0)
        here: Payment | None = payment
        while here is not None and here.state == "opening":
            try:
                kept = await move(here, state="open", order=order, fields=result.fields, due_at=due)
            except IntegrityError:  # the department gave an order that is another payment's
                _LOG.error("payment_alarm", payment=payment.id[:12], why="order")
                return OperationResult(UNAVAILABLE, reason="schema")
            here = kept or await asyncio.to_thread(self._ledger.find, payment.id)
        if here is None or here.order != order:  # let go because it took too long
            return OperationResult(OUTCOMES["opening"])
        return replace(result, fields={**result.fields, **self._until(here)})

    def _until(self, payment: Payment) -> dict[str, str]:
        """Until when it can be paid, as citizens read it."""
        write, life = payment.write, self._lifecycle
        rule = life.rules(write.department, write.operation)
        closes = closes_at(payment, rule, life.settings.open_for)
        formats = self._departments.formats(write.department)
        return {"pay_until": until_text(closes, life.clock(), formats)}

    def _told(self, payment: Payment, write: Write) -> OperationResult:
        """The true state, to the citizen who opened it: the same link while it can be paid."""
        settings, order = self._lifecycle.settings, payment.order
        if not of_citizen(payment, write):
            return OperationResult(BY_ANOTHER, {"minutes": f"{settings.others_wait / 60:.0f}"})
        if payment.state in OUTCOMES:
            hours = f"{settings.refund_after_hours:g}"
            fields = {"amount": in_rupees(order.paise) if order else "", "hours": hours}
            return OperationResult(OUTCOMES[payment.state], fields)
        return OperationResult("ok", {**payment.fields, **self._until(payment)})
