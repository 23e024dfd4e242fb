"""Whether a department knows of a payment, and telling it once more."""

from __future__ import annotations

from typing import Literal

from actions.departments.directory import DepartmentDirectory
from actions.departments.result import OperationResult
from actions.payments.payment import Payment
from nlu.catalogue.model import Payment as Rule

Answer = Literal["booked", "not_booked", "unknown"]
"""`unknown`: the department does not answer; it may know."""


class Booking:
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

    async def _call(self, payment: Payment, operation: str, key: str) -> OperationResult:
        order, money, context = payment.order, payment.money, payment.write.context
        values = {
            **payment.write.values,
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
