"""What the webhook and the worker rely on, whichever engine keeps the messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from api.inbox.review import Arrival
from api.inbox.shadow import Candidate, Sample
from api.whatsapp.outgoing import Draft, Outgoing, Parcel
from api.whatsapp.payload import Inbound, Status


class UnknownCitizen(Exception):
    """Nobody of this lane ever wrote, so there is nobody to send to."""


class LeaseLost(Exception):
    """Another worker owns the lane by now: drop what was done and change nothing."""


@dataclass(frozen=True)
class Claim:
    """A message that a worker owns until its lease ends; `token` fences off a late worker.

    `attempt`, from 1, counts turns that failed while all else worked; `deaths` those whose worker,
    or whose action server, died in them. `trouble` says why its payload cannot be read: then
    `message` has only what is known without it.
    """

    message: Inbound
    attempt: int
    token: str
    deaths: int = 0
    trouble: str = ""


@dataclass(frozen=True)
class News:
    """Messages that answer none, once for their `id`.

    `template` is what goes while WhatsApp takes no free text, None where there is none for the
    language; `whole` tells whether it says all that the messages say. `talk`: a person talks with
    the citizen, so that it goes to who wants no news, too.
    """

    id: str
    lane: str
    drafts: Sequence[Draft]
    template: Outgoing | None = None
    whole: bool = False
    talk: bool = False


@dataclass(frozen=True)
class Citizen:
    """What is remembered of a citizen; all of it may be unknown."""

    known: bool = False
    language: str | None = None
    script: str | None = None
    phone: str | None = None
    """The number that WhatsApp named with their messages: verified, and maybe never told."""


@dataclass(frozen=True)
class ReadyReply:
    """A reply that lies ready to be fetched.

    `number` rises within a lane. `inbox_id` is the message that it answers, with more behind a
    slash where it is said besides the answer; or that of news.
    """

    number: int
    inbox_id: str
    message: Outgoing


@dataclass(frozen=True)
class Progress:
    """How far a message got, and the replies to it that were not acknowledged. `is_over`: no more
    will come; `is_given_up`: it is a dead letter."""

    is_over: bool
    is_given_up: bool
    replies: Sequence[ReadyReply]


@dataclass(frozen=True)
class Depth:
    """How much work lies in the store. `away`: databases that did not answer, whose work is not
    counted."""

    waiting: int
    dead: int
    outgoing: int
    oldest_s: float
    away: int = 0


class Replies(Protocol):
    """Replies of channels that are fetched."""

    async def after(self, lane: str, number: int, most: int) -> list[ReadyReply]:
        """Up to `most` replies of a lane behind a number, oldest first. One whose key is away holds
        back those after it."""

    async def newest(self, lane: str) -> int:
        """The highest number of a lane; 0 where there is none."""

    async def acknowledge(self, lane: str, number: int) -> int:
        """The other side has all up to a number: their words are forgotten. Returns how many."""

    async def progress(self, lane: str, message_id: str) -> Progress | None:
        """How far a message got; None for one that never came, or was forgotten since."""


class Inbox(Protocol):
    """Messages of citizens, one in flight per citizen, in the order of their arrival."""

    @property
    def replies(self) -> Replies:
        """Those that lie ready to be fetched."""

    async def put(self, messages: Sequence[Inbound], statuses: Sequence[Status] = ()) -> int:
        """Keeps a delivery, durable before return; the number of messages that were new."""

    async def claim(self, worker: str, limit: int = 1, voice: bool | None = None) -> list[Claim]:
        """Up to `limit` messages to answer, each of another citizen: only voice notes, all but
        voice notes, or any. One whose key is away waits in its place until the key is back."""

    async def say_meanwhile(self, claim: Claim, name: str, drafts: Sequence[Draft]) -> None:
        """Says something before the answer; for one message and `name` once only, however often
        its turn is taken. `LeaseLost` if it is too late."""

    async def extend(self, claim: Claim) -> None:
        """Renews the lease of a turn that takes long; `LeaseLost` if it is too late."""

    async def ack(
        self,
        claim: Claim,
        drafts: Sequence[Draft] = (),
        language: str | None = None,
        tracker: str | None = None,
        acts: Sequence[str] = (),
        review: Sequence[Arrival] = (),
        shadow: Sequence[Sample] = (),
    ) -> None:
        """Answered: in one transaction the replies enter the outbox, the message leaves, and the
        tracker, the language, what is for review and what is for a candidate are kept. `acts` are
        what the citizen wants of us."""

    async def report(self, review: Sequence[Arrival]) -> None:
        """Keeps messages for review that no turn of ours answered; repeated ones change nothing."""

    async def candidate(self) -> Candidate | None:
        """The model that understands messages beside the live one now."""

    async def fail(self, claim: Claim, reason: str, wait: float) -> None:
        """Not answered: the same message is tried again after `wait` seconds."""

    async def bury(
        self, claim: Claim, reason: str, drafts: Sequence[Draft] = (), *, afresh: bool = False
    ) -> None:
        """Given up: kept as a dead letter, `drafts` say so, the lane goes on; `afresh`: without the
        tracker, which cannot be read."""

    async def release(
        self, claim: Claim, *, died: bool = False, wait: float = 0, reason: str | None = None
    ) -> None:
        """Given back unanswered through no fault of its own: due after `wait` seconds. `died`: it
        may have been the fault of the message, so this counts among its deaths. `reason`: what it
        waits for, where an operator should know."""

    async def tell(self, news: News) -> bool:
        """News into the outbox, durable before return; whether they were new. Raises
        `UnknownCitizen`."""

    async def citizen(self, lane: str) -> Citizen:
        """What is remembered of the citizen of a lane."""

    async def tracker(self, lane: str) -> str | None:
        """The tracker as the last answered turn left it; None for a stranger. `Unreadable`."""

    async def choice(self, lane: str, choice_id: str) -> str | None:
        """The payload behind an option that we sent to this citizen."""

    async def numbered_choice(self, lane: str, number: int) -> str | None:
        """The payload behind a number, if the last answer to this citizen offered it."""

    def now(self) -> float:
        """What the clock of the database shows, in seconds since 1970."""

    async def told_at(self) -> float:
        """When WhatsApp last told a status, of anybody's message; 0 for never."""

    async def works(self) -> bool:
        """Whether something can be read and written now."""

    async def depth(self) -> Depth:
        """How much work there is."""

    async def tend(self) -> None:
        """Small upkeep, every few seconds."""

    async def purge(self, older_than_s: float, idle_s: float, review_s: float | None = None) -> int:
        """Forgets what was finished longer ago, trackers that were not used for `idle_s`, and
        messages for review of days before `review_s` (None: none of them); the number of messages
        forgotten. Never what is still owed."""

    async def close(self) -> None:
        """Finishes what was begun and closes."""


class Outbox(Protocol):
    """Replies on their way, in order per citizen."""

    async def claim(self, worker: str, limit: int = 1) -> list[Parcel]:
        """Up to `limit` parcels, marked as being sent, each for another citizen. One whose key is
        away waits in its place until the key is back."""

    async def sent(self, parcel: Parcel, message_id: str) -> None:
        """WhatsApp took it under this id."""

    async def retry(self, parcel: Parcel, wait: float, reason: str) -> None:
        """WhatsApp did not take it: again after `wait` seconds."""

    async def doubt(self, parcel: Parcel, wait: float, reason: str) -> None:
        """Unknown whether WhatsApp took it: again after `wait` unless a status comes before."""

    async def park(self, parcel: Parcel, reason: str) -> None:
        """Kept until the citizen writes again; of news, the template goes."""

    async def fail(self, parcel: Parcel, reason: str) -> None:
        """Will never be delivered."""

    async def replace(self, parcel: Parcel, reason: str) -> None:
        """The parcel's message takes the place of the one that cannot be sent."""

    async def use_phone(self, parcel: Parcel, reason: str) -> None:
        """This citizen is reached by phone number from now on."""
