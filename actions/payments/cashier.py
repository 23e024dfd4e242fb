"""Everything of payments put together, for the action server and for operators' commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from actions.departments.directory import DepartmentDirectory
from actions.departments.issued_document import Issue
from actions.news.notices import LanguageOf, Notify
from actions.payments.checkout import Checkout
from actions.payments.gateways import Gateways
from actions.payments.ledger import Ledger
from actions.payments.lifecycle import DepartmentBooks, Lifecycle
from actions.payments.news import PaymentNews, Receipts
from actions.payments.own import OwnPayments
from actions.payments.reconciliation import Reconciliation
from actions.payments.settings import load_settings
from nlu.catalogue import Catalogue
from nlu.catalogue.department import Payment as Rule


@dataclass(frozen=True)
class Cashier:
    """Opens payments and follows them."""

    catalogue: Catalogue
    checkout: Checkout
    lifecycle: Lifecycle
    issue: Issue

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        departments: DepartmentDirectory,
        gateways: DepartmentDirectory,
        ledger: Ledger,
        issue: Issue,
        clock: Callable[[], float] = time.time,
    ) -> Cashier:
        """Over the departments and gateways of a catalogue, which share one journal."""
        settings = load_settings(catalogue.root)

        def rules(department: str, operation: str) -> Rule | None:
            known = catalogue.departments.get(department)
            found = known.operations.get(operation) if known else None
            return found.payment if found else None

        books = DepartmentBooks(departments)
        lifecycle = Lifecycle(
            ledger,
            departments.journal,
            Gateways(gateways, settings.currency),
            books,
            rules,
            settings,
            clock,
        )
        return cls(catalogue, Checkout(departments, lifecycle), lifecycle, issue)

    def reconciliation(self, notify: Notify, language_of: LanguageOf) -> Reconciliation:
        """The job that settles what is open."""
        settings = self.lifecycle.settings
        receipts = Receipts(self.issue, settings.receipt_form)
        return Reconciliation(
            self.lifecycle,
            PaymentNews(
                self.catalogue, settings, notify, language_of, receipts, self.lifecycle.books
            ),
        )

    @property
    def own(self) -> OwnPayments:
        """Of one sender, for whom they ask."""
        return OwnPayments(self.catalogue, self.lifecycle)

    async def aclose(self) -> None:
        """Close the connections to gateways."""
        await self.lifecycle.gateways.aclose()
