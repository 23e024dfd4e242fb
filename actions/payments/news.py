"""The receipt of a booked payment: signed and issued once for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from actions.departments.issued_document import Issue
from actions.departments.result import CallFailed, Wanted
from actions.dialogue.display import filled
from actions.news.late_answers import service_of
from actions.news.notices import LanguageOf, Notify, UnknownCitizen
from actions.payments.lifecycle import DepartmentBooks
from actions.payments.payment import Payment, State, in_rupees
from actions.payments.settings import PaymentSettings
from nlu.catalogue.department import Payment as Rule
from nlu.catalogue.model import Catalogue
from nlu.log import get_logger
from nlu.turn import Document, Notice

_LOG = get_logger(__name__)
NEWS: Mapping[State, str] = {
    "pending": "payment_pending",
    "booked": "payment_booked",
    "paid_not_booked": "payment_not_booked_yet",
    "failed": "payment_failed",
    "refunding": "payment_refunding",
    "refunded": "payment_refunded",
}
"""State -> phrase; of the other states there is nothing to tell."""
_WITHOUT_RECEIPT = "payment_booked_receipt_later"
_WRONG_AMOUNT = "payment_wrong_amount"
_LATE = "payment_too_late"
_RECEIPT, _TICKET, _BOOKED_TICKET = "payment_receipt", "payment_ticket", "payment_booked_ticket"
OWED, LATER, SENT = "owed", "later", "sent"
"""Of a receipt; `later`: the words go without it, and it follows."""


@dataclass(frozen=True)
class Papers:
    """The receipt, and what was paid for where that is a document."""

    receipt: Document
    ticket: Document | None = None


class Receipts:
    """Issues receipts; `issue` is `actions.documents.department_issuer.DepartmentIssuer`."""

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


@dataclass(frozen=True)
class PaymentNews:
    """Words and receipts through `notify`."""

    catalogue: Catalogue
    settings: PaymentSettings
    notify: Notify
    language_of: LanguageOf
    receipts: Receipts
    books: DepartmentBooks

    def owes(self, payment: Payment) -> bool:
        """Whether there is something that the citizen does not know yet."""
        return _untold(payment) or payment.receipt in (OWED, LATER)

    async def papers(self, payment: Payment, rule: Rule) -> Papers | None:
        """What goes with the news of a booked payment, where it is due and can all be had now."""
        if payment.receipt not in (OWED, LATER):
            return None
        ticket = None
        if rule.ticket is not None:
            result = await self.books.ticket(rule.ticket, payment)
            if not result.available:
                return None
            ticket = result.document
        title = title_of(self.catalogue, payment)[payment.write.context.language]
        receipt = await asyncio.to_thread(self.receipts.of, payment, rule, title)
        return None if receipt is None else Papers(receipt, ticket)

    async def tell(self, payment: Payment, papers: Papers | None) -> Mapping[str, str]:
        """What is told after this: changes for the ledger. Raises NoticeRefused.

        Told again after a crash, each notice has the same id and the same words.
        """
        changes: dict[str, str] = {}
        apart = payment.receipt == LATER
        first = None if papers is None else papers.ticket or papers.receipt
        if _untold(payment):
            ticket = papers is not None and papers.ticket is not None and not apart
            await self._send(payment, payment.state, None if apart else first, ticket)
            changes["told"] = payment.state
        if papers is not None:
            if papers.ticket is not None and apart:
                await self._send(payment, "ticket", papers.ticket)
            if papers.ticket is not None or apart:
                await self._send(payment, "receipt", papers.receipt)
            changes["receipt"] = SENT
        return changes

    async def _send(
        self, payment: Payment, news: str, document: Document | None, ticket: bool = False
    ) -> None:
        asked = payment.write.context
        try:
            language = await self.language_of(asked.citizen) or asked.language
            await self.notify(self._notice(payment, news, ticket, language, document))
        except UnknownCitizen:  # came another way than by WhatsApp, as in `rasa shell`
            _LOG.error("nobody_to_tell", payment=payment.id[:12])

    def _notice(
        self, payment: Payment, news: str, ticket: bool, language: str, document: Document | None
    ) -> Notice:
        return Notice(
            id=f"payment-{payment.id[:32]}-{news}",
            citizen=payment.write.context.citizen,
            language=language,
            about=title_of(self.catalogue, payment)[language],
            text=words(
                self.catalogue, self.settings, payment, _phrase(payment, news, ticket), language
            ),
            document=document,
        )


def words(
    catalogue: Catalogue, settings: PaymentSettings, payment: Payment, phrase: str, language: str
) -> str:
    """What a phrase says of a payment."""
    department = catalogue.departments[payment.write.department].title[language]
    paise = payment.money.paise if payment.money else payment.order and payment.order.paise
    fields = {
        "title": title_of(catalogue, payment)[language],
        "department": department,
        "amount": in_rupees(paise or 0),
        "order_id": payment.order.id if payment.order else "",
        "hours": f"{settings.refund_after_hours:g}",
        "failed_days": str(settings.failed_days),
        "refund_days": str(settings.refund_days),
    }
    return filled(catalogue.phrases[phrase], language, fields)


def title_of(catalogue: Catalogue, payment: Payment) -> Mapping[str, str]:
    """What is paid for: the service, or the department where its service is gone."""
    service = service_of(catalogue, payment.write)
    if service is not None:
        return service.title
    return catalogue.departments[payment.write.department].title


def _untold(payment: Payment) -> bool:
    return payment.state in NEWS and payment.told != payment.state


def _phrase(payment: Payment, news: str, ticket: bool) -> str:
    if news in ("receipt", "ticket"):
        return _RECEIPT if news == "receipt" else _TICKET
    if ticket:
        return _BOOKED_TICKET
    if payment.state == "booked" and payment.receipt == LATER:
        return _WITHOUT_RECEIPT
    if payment.state == "refunding" and payment.alarm:
        return {"amount": _WRONG_AMOUNT, "late": _LATE}.get(payment.alarm, NEWS["refunding"])
    return NEWS[payment.state]
