"""Inbox and outbox over several databases: every call goes to the one that has its lane.

A store knows nothing of the others. While a database is away its citizens wait and all others are
served; a delivery that has a message for it is not acknowledged, so that WhatsApp brings it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from api.inbox.port import Citizen, Claim, Depth, News, Progress, ReadyReply
from api.inbox.review import Arrival
from api.inbox.shadow import Candidate, Sample
from api.inbox.shard import Shard, place_of
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Draft, Parcel
from api.whatsapp.payload import Inbound, Status
from nlu.log import describe, get_logger
from nlu.storage.database import DatabaseAway

T = TypeVar("T")
log = get_logger(__name__)
_LOOK_S = 2.0  # within which a look must be answered: readiness is asked by it


class Shards:
    """The databases, and who is asked."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        """In the order of their places. Raises DatabaseAway where all are away."""
        self.all = tuple(shards)
        self._begun: Counter[object] = Counter()
        self._some()

    def of(self, lane: str) -> Shard:
        """The one that has a lane."""
        return self.all[place_of(lane, len(self.all))]

    def _some(self) -> list[Shard]:
        """Those that answer; raises DatabaseAway where none does."""
        found = [shard for shard in self.all if shard.trouble is None]
        if not found:
            raise self.all[0].trouble or DatabaseAway("no database answers")
        return found

    async def in_turn(
        self, who: object, limit: int, claim: Callable[[StoredInbox, int], Awaitable[list[T]]]
    ) -> list[T]:
        """Up to `limit` of what all have. Each call of `who` begins with the next database, so that
        a full one does not keep the others waiting."""
        self._begun[who] += 1
        first = self._begun[who] % len(self.all)
        found: list[T] = []
        for shard in (*self.all[first:], *self.all[:first]):
            if shard.trouble is not None:
                shard.look_again()
                continue
            if len(found) >= limit:
                break
            try:
                found += await claim(shard.store, limit - len(found))
            except OSError as error:
                shard.lost(error)
            except Exception as error:
                if not found:
                    raise
                log.error("claim_failed", place=shard.place + 1, error=describe(error))
                break  # what was found has an owner now
        if not found:
            self._some()
        return found

    async def each(self, work: Callable[[StoredInbox], Awaitable[T]]) -> list[T]:
        """What all answered. Raises the first error when all are done."""
        found = await asyncio.gather(
            *(shard.ask(work) for shard in self.all), return_exceptions=True
        )
        return _results(found)

    async def look(self, work: Callable[[StoredInbox], Awaitable[T]]) -> list[T]:
        """What those that answer say; one that takes too long does not. Raises DatabaseAway where
        none does."""

        async def soon(shard: Shard) -> T:
            try:
                return await asyncio.wait_for(shard.ask(work), _LOOK_S)
            except asyncio.TimeoutError:
                shard.lost(error := DatabaseAway("the database takes too long"))
                raise error from None

        for shard in self.all:
            if shard.trouble is not None:
                shard.look_again()
        asked = await asyncio.gather(*map(soon, self._some()), return_exceptions=True)
        if all(isinstance(one, OSError) for one in asked):
            return _results(asked)
        return _results([one for one in asked if not isinstance(one, OSError)])


class ShardedInbox:
    """`Inbox` of `api.inbox.port`; `outbox` is the `Outbox`, `replies` the `Replies`, in the same
    databases."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        """In the order of their places. Raises DatabaseAway where all are away."""
        self._shards = Shards(shards)
        self.outbox, self.replies = ShardedOutbox(self._shards), ShardedReplies(self._shards)

    async def put(self, messages: Sequence[Inbound], statuses: Sequence[Status] = ()) -> int:
        """Keeps a delivery, each part in its database; one that is away takes the acknowledgement
        from all, and what the others kept is known when it comes again."""
        parts: dict[Shard, tuple[list[Inbound], list[Status]]] = defaultdict(lambda: ([], []))
        for message in messages:
            parts[self._shards.of(message.lane)][0].append(message)
        for status in statuses:
            places, known = self.outbox.where(status)
            for shard in places:
                parts[shard][1].append(known)

        def kept(shard: Shard, some: tuple[list[Inbound], list[Status]]) -> Awaitable[int]:
            return shard.ask(lambda store: store.put(*some))

        found = await asyncio.gather(
            *(kept(shard, some) for shard, some in parts.items()), return_exceptions=True
        )
        return sum(_results(found))

    async def claim(self, worker: str, limit: int = 1, voice: bool | None = None) -> list[Claim]:
        """From all that answer, in turn."""
        return await self._shards.in_turn(
            voice, limit, lambda store, left: store.claim(worker, left, voice)
        )

    async def say_meanwhile(self, claim: Claim, name: str, drafts: Sequence[Draft]) -> None:
        """In the claim's lane."""
        await self._with(claim, lambda store: store.say_meanwhile(claim, name, drafts))

    async def extend(self, claim: Claim) -> None:
        """In the claim's lane."""
        await self._with(claim, lambda store: store.extend(claim))

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
        """In the claim's lane."""
        await self._with(
            claim, lambda store: store.ack(claim, drafts, language, tracker, acts, review, shadow)
        )

    async def report(self, review: Sequence[Arrival]) -> None:
        """In the lane of each, so that it goes with the rest of its citizen's."""
        for one in review:
            await self._shards.of(one.lane).ask(partial(_reported, one))

    async def candidate(self) -> Candidate | None:
        """In the first database."""
        return await self._shards.all[0].ask(lambda store: store.candidate())

    async def fail(self, claim: Claim, reason: str, wait: float) -> None:
        """In the claim's lane."""
        await self._with(claim, lambda store: store.fail(claim, reason, wait))

    async def bury(
        self, claim: Claim, reason: str, drafts: Sequence[Draft] = (), *, afresh: bool = False
    ) -> None:
        """In the claim's lane."""
        await self._with(claim, lambda store: store.bury(claim, reason, drafts, afresh=afresh))

    async def release(
        self, claim: Claim, *, died: bool = False, wait: float = 0, reason: str | None = None
    ) -> None:
        """In the claim's lane."""
        await self._with(
            claim, lambda store: store.release(claim, died=died, wait=wait, reason=reason)
        )

    async def tell(self, news: News) -> bool:
        """Into the outbox of their citizen."""
        return await self._shards.of(news.lane).ask(lambda store: store.tell(news))

    async def citizen(self, lane: str) -> Citizen:
        """From the lane's database."""
        return await self._shards.of(lane).ask(lambda store: store.citizen(lane))

    async def tracker(self, lane: str) -> str | None:
        """From the lane's database."""
        return await self._shards.of(lane).ask(lambda store: store.tracker(lane))

    async def choice(self, lane: str, choice_id: str) -> str | None:
        """From the lane's database."""
        return await self._shards.of(lane).ask(lambda store: store.choice(lane, choice_id))

    async def numbered_choice(self, lane: str, number: int) -> str | None:
        """From the lane's database."""
        return await self._shards.of(lane).ask(lambda store: store.numbered_choice(lane, number))

    def now(self) -> float:
        """By the clock of the first that was opened: the others keep the same time by NTP."""
        for shard in self._shards.all:
            with suppress(DatabaseAway):
                return shard.store.now()
        raise DatabaseAway("no database was opened")

    async def told_at(self) -> float:
        """The latest that any of them was told."""
        return max(await self._shards.look(lambda store: store.told_at()))

    async def works(self) -> bool:
        """Whether one of them does: its citizens are served."""
        asked = [asyncio.ensure_future(_works(shard)) for shard in self._shards.all]
        try:
            for one in asyncio.as_completed(asked):
                if await one:
                    return True
            return False
        finally:
            for task in asked:
                task.cancel()

    async def depth(self) -> Depth:
        """Of those that answer, and how many do not."""
        found = await self._shards.look(lambda store: store.depth())
        return Depth(
            waiting=sum(one.waiting for one in found),
            dead=sum(one.dead for one in found),
            outgoing=sum(one.outgoing for one in found),
            oldest_s=max(one.oldest_s for one in found),
            away=len(self._shards.all) - len(found),
        )

    async def tend(self) -> None:
        """In all."""
        await self._shards.each(lambda store: store.tend())

    async def purge(self, older_than_s: float, idle_s: float, review_s: float | None = None) -> int:
        """In all."""
        return sum(
            await self._shards.each(lambda store: store.purge(older_than_s, idle_s, review_s))
        )

    async def close(self) -> None:
        """Closes all."""
        await asyncio.gather(*(shard.close() for shard in self._shards.all))

    async def _with(self, claim: Claim, work: Callable[[StoredInbox], Awaitable[T]]) -> T:
        return await self._shards.of(claim.message.lane).ask(work)


async def _reported(one: Arrival, store: StoredInbox) -> None:
    await store.report([one])


class ShardedReplies:
    """`Replies` of `api.inbox.port`: all in the database of their lane."""

    def __init__(self, shards: Shards) -> None:
        self._shards = shards

    async def after(self, lane: str, number: int, most: int) -> list[ReadyReply]:
        """See `Replies`."""
        return await self._shards.of(lane).ask(lambda one: one.replies.after(lane, number, most))

    async def newest(self, lane: str) -> int:
        """See `Replies`."""
        return await self._shards.of(lane).ask(lambda one: one.replies.newest(lane))

    async def acknowledge(self, lane: str, number: int) -> int:
        """See `Replies`."""
        return await self._shards.of(lane).ask(lambda one: one.replies.acknowledge(lane, number))

    async def progress(self, lane: str, message_id: str) -> Progress | None:
        """See `Replies`."""
        return await self._shards.of(lane).ask(lambda one: one.replies.progress(lane, message_id))


class ShardedOutbox:
    """`Outbox` of `api.inbox.port`. What WhatsApp carries for us (`biz_opaque_callback_data`) has
    the place of the database before it, so that a status is looked for in one."""

    def __init__(self, shards: Shards) -> None:
        self._shards = shards

    async def claim(self, worker: str, limit: int = 1) -> list[Parcel]:
        """From all that answer, in turn."""
        found = await self._shards.in_turn(
            "outbox", limit, lambda store, left: store.outbox.claim(worker, left)
        )
        return [replace(one, tracker=self._mark(one.lane) + one.tracker) for one in found]

    def where(self, status: Status) -> tuple[Sequence[Shard], Status]:
        """Who may have the message that a status speaks of, and the status as they know it. One
        that carries no place (WhatsApp may leave it out) is everybody's: it changes something where
        the message is, and nothing elsewhere."""
        for shard in self._shards.all:
            mark = _mark(shard.place)
            if status.tracker is not None and status.tracker.startswith(mark):
                return [shard], replace(status, tracker=status.tracker[len(mark) :])
        return self._shards.all, status

    async def sent(self, parcel: Parcel, message_id: str) -> None:
        """In the parcel's lane."""
        await self._with(parcel, lambda store, own: store.outbox.sent(own, message_id))

    async def retry(self, parcel: Parcel, wait: float, reason: str) -> None:
        """In the parcel's lane."""
        await self._with(parcel, lambda store, own: store.outbox.retry(own, wait, reason))

    async def doubt(self, parcel: Parcel, wait: float, reason: str) -> None:
        """In the parcel's lane."""
        await self._with(parcel, lambda store, own: store.outbox.doubt(own, wait, reason))

    async def park(self, parcel: Parcel, reason: str) -> None:
        """In the parcel's lane."""
        await self._with(parcel, lambda store, own: store.outbox.park(own, reason))

    async def fail(self, parcel: Parcel, reason: str) -> None:
        """In the parcel's lane."""
        await self._with(parcel, lambda store, own: store.outbox.fail(own, reason))

    async def replace(self, parcel: Parcel, reason: str) -> None:
        """In the parcel's lane."""
        await self._with(parcel, lambda store, own: store.outbox.replace(own, reason))

    async def use_phone(self, parcel: Parcel, reason: str) -> None:
        """In the parcel's lane."""
        await self._with(parcel, lambda store, own: store.outbox.use_phone(own, reason))

    async def _with(
        self, parcel: Parcel, work: Callable[[StoredInbox, Parcel], Awaitable[None]]
    ) -> None:
        own = replace(parcel, tracker=parcel.tracker[len(self._mark(parcel.lane)) :])
        await self._shards.of(parcel.lane).ask(lambda store: work(store, own))

    def _mark(self, lane: str) -> str:
        return _mark(self._shards.of(lane).place)


def _mark(place: int) -> str:
    return f"shard-{place + 1}/"


async def _works(shard: Shard) -> bool:
    try:
        return await shard.ask(lambda store: store.works())
    except OSError:
        return False


def _results(found: Sequence[Any]) -> list[Any]:
    """What was found; raises the first error among it."""
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return list(found)
