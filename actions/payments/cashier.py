"""Everything of payments put together, for the action server and for operators' commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from actions.departments.directory import DepartmentDirectory
from actions.departments.issuing import Issue
from actions.news.notices import LanguageOf, Notify
from actions.payments.booking import Booking
from actions.payments.following import Following
from actions.payments.gateways import Gateways
from actions.payments.ledger import Ledger
from actions.payments.opening import Opening
from actions.payments.receipts import Receipts
from actions.payments.reconciliation import Reconciliation
from actions.payments.settings import load_settings
from actions.payments.telling import Telling
from nlu.catalogue import Catalogue
from nlu.catalogue.model import Payment as Rule


@dataclass(frozen=True)
class Cashier:
    """Opens payments and follows them."""

    catalogue: Catalogue
    opening: Opening
    following: Following
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

        booking = Booking(departments)
        following = Following(
            ledger,
            departments.journal,
            Gateways(gateways, settings.currency),
            booking,
            rules,
            settings,
            clock,
        )
        return cls(catalogue, Opening(departments, following), following, issue)

    def reconciliation(self, notify: Notify, language_of: LanguageOf) -> Reconciliation:
        """The job that settles what is open."""
        settings = self.following.settings
        receipts = Receipts(self.issue, settings.receipt_form)
        return Reconciliation(
            self.following, Telling(self.catalogue, settings, notify, language_of, receipts)
        )

    async def aclose(self) -> None:
        """Close the connections to gateways."""
        await self.following.gateways.aclose()
