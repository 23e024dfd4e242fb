"""What was seen from outside during a run; the judge knows nothing else. Times are seconds since
the epoch, of one clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Said:
    """A message of a citizen and how it came to Seva."""

    id: str
    citizen: str
    written: int
    """WhatsApp's timestamp, whole seconds; the true order of a citizen's messages."""
    text: str
    act: str
    languages: frozenset[str] = frozenset()
    """In which its answer may be; none where nobody can say."""
    request: str = ""
    """The request that it confirms, if it does."""
    posted: float = 0.0
    """When its first delivery began."""
    taken: float | None = None
    """When a delivery of it was first answered 200."""
    delivery: int = 0
    """The delivery that was answered 200 first; messages that came together share it."""


@dataclass(frozen=True)
class Option:
    """A button or a row of a list, as the citizen sees it."""

    id: str
    title: str


@dataclass(frozen=True)
class Line:
    """Something to be written now; `tapped` where it is the tap of an option."""

    act: str
    text: str
    tapped: Option | None = None
    request: str = ""
    languages: frozenset[str] | None = None
    """Where the answer may be in others than the citizen's."""


@dataclass(frozen=True)
class Send:
    """A message that WhatsApp took from Seva. `tracker` is Seva's mark on it:
    `<id of the citizen's message>:<number>` where it answers one."""

    at: float
    id: str
    tracker: str
    citizen: str
    text: str
    options: tuple[Option, ...] = ()

    @property
    def answers(self) -> str:
        """The message that it answers."""
        return self.tracker.rpartition(":")[0]

    @property
    def step(self) -> int:
        """Its place among the messages of one answer."""
        number = self.tracker.rpartition(":")[2]
        return int(number) if number.isdecimal() else 0


@dataclass(frozen=True)
class Kill:
    """A process that was killed, and when it answered again; infinity where it never did."""

    at: float
    process: str
    back: float


@dataclass(frozen=True)
class Outage:
    """A process or a department that was away without dying, or was kept from coming back."""

    kind: str
    target: str
    begin: float
    end: float


@dataclass
class Request:
    """Something that a citizen asked a department to do. `mark` is how its books know it."""

    id: str
    citizen: str
    service: str
    department: str
    operation: str
    values: Mapping[str, str]
    mark: str = ""
    confirmed: list[str] = field(default_factory=list)
    """The messages that said yes to it."""


@dataclass(frozen=True)
class Write:
    """A line in a department's books."""

    department: str
    operation: str
    reference: str
    mark: str


@dataclass(frozen=True)
class Facts:
    """All of a run."""

    said: Sequence[Said]
    sends: Sequence[Send]
    begun: Mapping[str, float] = field(default_factory=dict)
    """When Seva first showed that it was at work on a message."""
    told: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """By tracker: when a status of it was answered 200 by Seva."""
    broken: frozenset[str] = frozenset()
    """Trackers of sends whose answer WhatsApp lost on purpose."""
    kills: Sequence[Kill] = ()
    outages: Sequence[Outage] = ()
    requests: Sequence[Request] = ()
    writes: Sequence[Write] = ()
