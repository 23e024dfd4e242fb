"""The receipt of a booked payment: signed and issued once for it."""

from __future__ import annotations

from actions.departments.issued_document import Issue
from actions.departments.result import CallFailed, Wanted
from actions.payments.payment import Payment, in_rupees
from nlu.catalogue.model import Payment as Rule
from nlu.turn import Document


class Receipts:
    """Issues receipts; `issue` is `actions.documents.press.Press`."""

    def __init__(self, issue: Issue, form: str) -> None:
        self._issue, self._form = issue, form

    def of(self, payment: Payment, rule: Rule, paid_for: str) -> Document | None:
        """The payment's receipt; None where nothing can be issued now. Blocks."""
        values = receipt_values(payment, rule, paid_for)
        wanted = Wanted(self._form, values, f"{values['receipt_number']}.pdf")
        try:
            return self._issue(payment.write.department, wanted, f"receipt:{payment.id}")
        except CallFailed:
            return None


def receipt_values(payment: Payment, rule: Rule, paid_for: str) -> dict[str, str]:
    """A text for each label of the form. The same for the same payment, as the key is."""
    order, money = payment.order, payment.money
    assert order is not None and money is not None
    known = {**payment.write.values, **payment.fields}
    return {
        "receipt_number": f"R-{order.id}",
        "paid_for": paid_for,
        "reference": known.get(rule.reference, order.id),
        "payer": money.payer or "-",
        "amount": in_rupees(money.paise).replace(",", ""),
        "paid_on": money.paid_on,
        "payment_id": money.payment_id,
        "issued_on": "",
    }
