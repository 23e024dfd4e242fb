"""The worker claims messages, takes turns and sends replies until it is asked to stop."""

from __future__ import annotations

import asyncio
import math
import os
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from api.channel import channel_of
from api.claim_loop import Claiming, ClaimLoops, Work
from api.dispatcher import Dispatcher
from api.failures import Company, GiveUp, Wait, after, died_too_often, within
from api.heartbeat import Heartbeat
from api.inbox.port import Claim, Inbox, LeaseLost, Outbox
from api.metrics import WorkerMetrics
from api.outage import STORE, VOICE, Away, Outage, from_store
from api.turn import Turns
from api.whatsapp.policy import WhatsAppPolicy, step
from api.whatsapp.sender import Sender
from nlu.daily_counts import DEAD, FAILED, UNHAPPY, UNREAD, Tally
from nlu.log import describe, get_logger
from nlu.settings.settings import Only
from nlu.storage.sealing import Unreadable
from nlu.storage.unreadable import alarm
from nlu.trace import TraceContext, span
from nlu.turn import TurnFailed

log = get_logger(__name__)
_IDLE = {"text": 0.015, "voice": 0.1, "reply": 0.1}
"""Seconds until a loop looks again that nobody woke. A worker wakes its own for what it wrote."""
_GAUGES_EVERY = 5.0
_PURGE_EVERY = 3600.0
_PROCESSED = {
    "messaging.system": "seva",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": "inbox",
}
_BAD = ("retried", "given_up", "store_failed", "lease_lost")
"""Outcomes of turns that failed."""


class Worker:
    """Serves several citizens at once, each in the order of their messages.

    Voice notes have `voices` places of their own, so that texts never wait for them. With `only`
    it takes the messages of one of the two kinds. It sends the replies of both: sending costs
    little, and so no reply waits for a worker of a kind that is not there.
    """

    def __init__(
        self,
        inbox: Inbox,
        outbox: Outbox,
        turns: Turns,
        dispatcher: Dispatcher,
        sender: Sender,
        policy: WhatsAppPolicy,
        metrics: WorkerMetrics,
        *,
        name_citizen: Callable[[str], str],
        concurrency: int = 8,
        voices: int = 1,
        only: Only = "",
        lease_s: float = 60,
        shutdown_s: float = 20,
        keep_s: float = 14 * 86400,
        idle_s: float = 90 * 86400,
        review_s: float = 90 * 86400,
        heartbeat: Heartbeat | None = None,
        tally: Tally | None = None,
        model_of: Callable[[Claim], str] = lambda _: "",
    ) -> None:
        """Times are in seconds. `idle_s`: how long an unused tracker is kept, `review_s`: messages
        for review. `tally` counts for the reports, `model_of` tells the model that answers."""
        self._inbox, self._outbox, self._turns = inbox, outbox, turns
        self._dispatcher, self._sender = dispatcher, sender
        self._policy, self._metrics, self._name_citizen = policy, metrics, name_citizen
        self._concurrency, self._lease = concurrency, lease_s
        places: tuple[tuple[Only, bool, int], ...]
        places = ("text", False, concurrency), ("voice", True, voices)
        self._places = [(voice, free) for kind, voice, free in places if only in ("", kind)]
        self._kept_for = keep_s, idle_s, review_s
        self._tally, self._model_of = tally, model_of
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._heartbeat = heartbeat or Heartbeat(math.inf)
        told = partial(self._heartbeat.trouble, "outage")
        self.outage = Outage(self._is_well, policy.retry.outage.wait, told)
        self._loops = ClaimLoops(self.outage, policy.retry.outage.wait, shutdown_s)
        self._company = Company()
        self._held: Counter[str] = Counter()  # how often each waiting message was given back

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then finishes the turns under way."""
        keepers = [asyncio.create_task(self._keep_house())]
        keepers.append(asyncio.create_task(self._heartbeat.keep()))
        loops = [
            self._loops.run(stop, claim, work, places, _IDLE[kind])
            for kind, claim, work, places in self._kinds(stop)
        ]
        try:
            await asyncio.gather(*loops)
        finally:
            for keeper in keepers:
                keeper.cancel()

    async def _is_well(self) -> bool:
        return await self._inbox.works() and await self._turns.is_healthy()

    def _kinds(self, stop: asyncio.Event) -> Iterator[tuple[str, Claiming, Work, int]]:
        """What is claimed, what is done with it, and how much of it at a time."""
        yield "reply", partial(self._outbox.claim, self._name), self._deliver, self._concurrency
        for voice, places in self._places:
            claim = self._when_well(stop, partial(self._inbox.claim, self._name, voice=voice))
            yield "voice" if voice else "text", claim, self._serve, places

    def _when_well(self, stop: asyncio.Event, claim: Claiming) -> Claiming:
        """Makes `claim` wait while something of our own is away."""

        async def claim_when_well(limit: int) -> list[Any]:
            await self.outage.over(stop)
            return [] if stop.is_set() else await claim(limit)

        return claim_when_well

    async def _serve(self, claim: Claim) -> None:
        """Takes one turn, as a span in the trace of its message. A turn that is taken again is
        another span there."""
        message = claim.message
        told = {
            **_PROCESSED,
            "seva.message.kind": message.kind,
            "seva.attempt": claim.attempt + claim.deaths,
        }
        trace = TraceContext.read(message.trace)
        with span("process inbox", "consumer", told, parent=trace) as one:
            outcome = await self._from_claim_to_outbox(claim)
            one.set_attribute("seva.outcome", outcome)
            if outcome in _BAD:
                one.fail(outcome)

    async def _from_claim_to_outbox(self, claim: Claim) -> str:
        """How the turn ended. Whatever happens, no message is lost."""
        started, model = time.monotonic(), self._model_of(claim)
        who = self._name_citizen(claim.message.lane)
        turn = asyncio.create_task(self._turn(claim))
        try:
            async with self._alive(claim, turn):
                outcome = await turn
        except LeaseLost:
            outcome = "lease_lost"
        except asyncio.CancelledError:
            await self._give_back(claim)  # the worker stops, or the lease may be lost
            outcome = "given_back"
        except Exception as error:  # the store failed, not the message
            outcome = "store_failed"
            log.error("store_failed", error=describe(error))
            self.outage.begin(str(Away(STORE, error)))
            await self._give_back(claim, self._pause(claim, self._policy.retry.outage.wait))
        if outcome not in ("given_back", "store_failed"):
            del self._held[claim.message.message_id]
        self._loops.wake()
        self._heartbeat.turn()
        elapsed = time.monotonic() - started
        channel = channel_of(claim.message.lane).name
        self._metrics.turns.labels(channel, outcome).inc()
        voice = str(claim.message.kind == "audio").lower()
        self._metrics.turn_seconds.labels(voice).observe(elapsed)
        log.info(
            "turn",
            outcome=outcome,
            channel=channel,
            kind=claim.message.kind,
            model=model,
            citizen=who,
            attempt=claim.attempt,
            ms=round(elapsed * 1000),
        )
        return outcome

    async def _turn(self, claim: Claim) -> str:
        """Answers a message, gives it back, lets it be tried again, or gives it up. Returns which.

        A failure counts against the message only if all else works.
        """
        if claim.trouble:
            return await self._give_up(claim, claim.trouble)
        if died_too_often(claim.deaths, self._policy):
            return await self._give_up(claim, "whoever had it in hand died, in every try")
        if claim.message.kind == "audio":  # hearing takes long, and texts must not wait for it
            return await self._answered(claim)
        async with self._company.turn(alone=claim.deaths > 0):
            return await self._answered(claim)

    async def _answered(self, claim: Claim) -> str:
        voice = claim.message.kind == "audio"
        budget = self._policy.voice_seconds if voice else self._policy.turn_seconds
        try:
            answer = await within(budget, self._turns.answer(claim))
            with from_store():
                await self._inbox.ack(
                    claim,
                    answer.drafts,
                    answer.language,
                    answer.tracker,
                    answer.acts,
                    answer.review,
                    answer.shadow,
                )
        except LeaseLost:
            raise
        except Away as error:
            return await self._hold(claim, error)
        except TurnFailed as error:
            return await self._failed(claim, error, str(error))
        except asyncio.TimeoutError:
            if not await self._turns.is_healthy():
                return await self._wait_for_it(claim, "no answer in time", True)
            self._count_failure(claim)
            return await self._give_up(claim, "it took too long", "turn_too_long")
        except Unreadable as error:
            alarm("trackers", self._name_citizen(claim.message.lane), error.why)
            reason = f"unreadable: {error.why}"
            if error.why == "key":  # the key may come back; then the tracker can be read
                wait = self._pause(claim, self._policy.retry.alert.wait)
                await self._inbox.release(claim, wait=wait, reason=reason)
                return "given_back"
            return await self._give_up(claim, reason, afresh=True)
        except Exception as error:
            log.error("turn_failed", error=describe(error), attempt=claim.attempt)
            return await self._failed(claim, TurnFailed(describe(error)), describe(error))
        self.outage.proved()
        if answer.unread and self._tally is not None:
            self._tally.count(UNREAD, kind=answer.unread)
        if answer.decision is not None:
            self._metrics.decisions.labels(*answer.decision).inc()
        if voice:
            self._heartbeat.trouble(VOICE, "")
        return "answered" if answer.drafts else "silent"

    async def _hold(self, claim: Claim, error: Away) -> str:
        """Puts a message off, each time for longer.

        Without the store all messages wait; if nothing can be heard, only voice notes wait.
        """
        log.error("turn_put_off", error=describe(error.__cause__ or error))
        waits = self._policy.retry.outage.wait
        if error.part == VOICE:
            waits = self._policy.retry.send.wait
            self._heartbeat.trouble(VOICE, str(error), stops=False)
        else:
            self.outage.begin(str(error))
        await self._inbox.release(claim, wait=self._pause(claim, waits))
        return "given_back"

    def _pause(self, claim: Claim, waits: Sequence[float]) -> float:
        self._held[claim.message.message_id] += 1
        return step(waits, self._held[claim.message.message_id])

    async def _wait_for_it(self, claim: Claim, what: str, died: bool) -> str:
        """Gives a message back because something of our own is away.

        Nothing is claimed until then.
        """
        self.outage.begin(what)
        await self._inbox.release(claim, died=died)
        return "given_back"

    async def _failed(self, claim: Claim, error: TurnFailed, reason: str) -> str:
        healthy = await self._turns.is_healthy()
        follows = after(error, claim.attempt, healthy=healthy, policy=self._policy)
        if isinstance(follows, Wait):
            return await self._wait_for_it(claim, reason, follows.died)
        self._count_failure(claim)
        if isinstance(follows, GiveUp):
            return await self._give_up(claim, reason)
        await self._inbox.fail(claim, reason, follows.seconds)
        return "retried"

    def _count_failure(self, claim: Claim) -> None:
        """Counts a message whose first turn failed: later ones are not the canary's."""
        if self._tally is not None and claim.attempt == 1:
            self._tally.count_model(FAILED, self._model_of(claim))

    async def _give_up(
        self, claim: Claim, reason: str, phrase: str = "internal_error", *, afresh: bool = False
    ) -> str:
        drafts = await self._turns.apology(claim.message, phrase)
        await self._inbox.bury(claim, reason, drafts, afresh=afresh)
        if self._tally is not None:
            self._tally.count(UNHAPPY, kind=DEAD)
        return "given_up"

    async def _give_back(self, claim: Claim, wait: float = 0) -> None:
        """Releases a claim.

        If the store fails, it tries again while the lease can still be ours.
        """
        until = time.monotonic() + self._lease
        tries = 0
        while time.monotonic() < until:
            try:
                await self._inbox.release(claim, wait=wait)
                return
            except LeaseLost:
                return
            except Exception as error:
                tries += 1
                log.error("not_given_back", error=describe(error))
                await asyncio.sleep(step(self._policy.retry.outage.wait, tries))

    async def _deliver(self, parcel: Any) -> None:
        try:
            await self._dispatcher.send(parcel)
        except Exception as error:  # it stays `sending` and is settled when the lease ends
            log.error("delivery_failed", error=describe(error))
        self._loops.wake()

    @asynccontextmanager
    async def _alive(self, claim: Claim, turn: asyncio.Task[str]) -> AsyncIterator[None]:
        """Shows the citizen and the other workers that this worker is at work."""
        done = asyncio.Event()
        tasks = [asyncio.create_task(self._renew(claim, turn, done))]
        if claim.message.kind not in self._policy.silent:
            tasks.append(asyncio.create_task(self._type(claim, done)))
        if claim.message.kind == "audio":
            tasks.append(asyncio.create_task(self._listen(claim, done)))
        try:
            yield
        finally:
            # Python 3.10 can lose a cancellation at the end of a call (bpo-42130). Then a loop
            # would run for ever, so `done` also ends the loops.
            done.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _renew(self, claim: Claim, turn: asyncio.Task[str], done: asyncio.Event) -> None:
        """Renews the lease.

        If that fails, the turn ends before another worker may begin with it.
        """
        wait = self._lease / 3
        until = time.monotonic() + self._lease
        while not done.is_set():
            await asyncio.sleep(wait)
            try:
                await self._inbox.extend(claim)
                wait, until = self._lease / 3, time.monotonic() + self._lease
            except LeaseLost:
                turn.cancel()
                return
            except Exception as error:
                log.error("lease_not_renewed", error=describe(error))
                wait = self._lease / 12
                if time.monotonic() + 2 * wait > until:
                    turn.cancel()
                    return

    async def _type(self, claim: Claim, done: asyncio.Event) -> None:
        message = claim.message
        while not done.is_set():
            await self._sender.show_typing(message.phone_number_id, message.message_id)
            if not done.is_set():
                await asyncio.sleep(self._policy.typing_seconds)

    async def _listen(self, claim: Claim, done: asyncio.Event) -> None:
        await asyncio.sleep(self._policy.listening_seconds)
        if not done.is_set():
            drafts = await self._turns.listening(claim.message)
            if not done.is_set():
                await self._inbox.say_meanwhile(claim, "listening", drafts)
                self._loops.wake()

    async def _keep_house(self) -> None:
        """Sets gauges every few seconds, and deletes old rows every hour."""
        purged = 0.0
        while True:
            try:
                self._metrics.show_depth(await self._inbox.depth())
                await self._inbox.tend()
                if time.monotonic() - purged > _PURGE_EVERY:
                    purged = time.monotonic()
                    self._held.clear()  # another worker may have answered these messages
                    await self._inbox.purge(*self._kept_for)
            except Exception as error:
                log.error("housekeeping_failed", error=describe(error))
            await asyncio.sleep(_GAUGES_EVERY)
