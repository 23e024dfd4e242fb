"""`Notify` and `LanguageOf` in memory: takes a notice once for its id, or refuses."""

from __future__ import annotations

from dataclasses import dataclass, field

from actions.citizens.handover import Handovers
from actions.desk.cases import Officer
from actions.dialogue.steps import Handover
from actions.news.notices import NoticeRefused, UnknownCitizen
from nlu.turn import Notice

CITIZEN = "109:919848012345"
ENERGY, OTHER = Officer("e1", frozenset({"energy"})), Officer("e2", frozenset({"energy"}))
REVENUE = Officer("r1", frozenset({"revenue"}))
HELP = Officer("h1", frozenset({"general"}))


@dataclass
class Outbox:
    """Notes what it takes, in order."""

    broken: bool = False
    unknown: bool = False
    language: str | None = "te"
    taken: dict[str, Notice] = field(default_factory=dict)

    async def __call__(self, notice: Notice) -> None:
        self._check()
        self.taken.setdefault(notice.id, notice)

    async def language_of(self, citizen: str) -> str | None:
        self._check()
        return self.language

    def _check(self) -> None:
        if self.broken:
            raise NoticeRefused("away")
        if self.unknown:
            raise UnknownCitizen

    @property
    def texts(self) -> list[str]:
        """What was said, in order."""
        return [notice.text for notice in self.taken.values()]


def record(request: str = "n1", **changes: object) -> Handover:
    """A request about an electricity bill."""
    told = {
        "service": "electricity_bill_view",
        "values": {"service_number": "6123401005678"},
        "asked": "service_number",
        "attempts": 3,
        "why": "too_many_attempts",
        "last": "my number is 9848012345",
        "language": "te",
        "at": 100.0,
        "department": "energy",
        **changes,
    }
    return Handover(request=request, **told)  # type: ignore[arg-type]


def opened(
    handovers: Handovers, request: str = "n1", citizen: str = CITIZEN, **told: object
) -> str:
    """The number of a request that waits."""
    return handovers.open(citizen, record(request, **told))
