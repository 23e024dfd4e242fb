"""What the desk works with: requests, catalogue, words, and the way to the outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from actions.citizens.handover import GENERAL, Handovers
from actions.departments.journal import Write
from actions.desk.cases import Cases
from actions.desk.delivery import Delivery
from actions.desk.words import DeskWords, desk_words
from actions.news.notices import LanguageOf, Notify
from nlu.catalogue import Catalogue


@dataclass(frozen=True)
class Desk:
    """Of one release."""

    catalogue: Catalogue
    handovers: Handovers
    notify: Notify
    language_of: LanguageOf
    zone: tzinfo
    waited: Callable[[str, float], object] = lambda service, opened: None
    """Counts how long a request waited (service, when it was opened) until an officer took it."""
    registered: Callable[[str, str], Write | None] = lambda citizen, reference: None
    """The write of a citizen that was given a number, where the journal knows it. Blocks."""

    @property
    def words(self) -> DeskWords:
        """Those of `desk.yml`."""
        return desk_words()

    @property
    def cases(self) -> Cases:
        """Requests as officers work on them."""
        return Cases(self.handovers, self.department_of)

    @property
    def delivery(self) -> Delivery:
        """The way to the outbox."""
        kept = self.handovers, self.catalogue, self.words
        return Delivery(*kept, self.notify, self.language_of)

    def department_of(self, service: str) -> str | None:
        """The department of a service; None for one that is gone."""
        known = self.catalogue.services.get(service)
        return known.department if known else None

    def departments(self) -> tuple[str, ...]:
        """Where a request can be: the departments, and the help desk."""
        return (*self.catalogue.departments, GENERAL)

    def now(self) -> datetime:
        """The time where the citizens live."""
        return datetime.now(self.zone)
