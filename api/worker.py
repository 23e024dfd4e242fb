"""The worker: claims messages, takes turns, sends replies, until it is asked to stop."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from api.delivery import Delivery
from api.inbox.port import Claim, Inbox, LeaseLost, Outbox
from api.log import describe, get_logger
from api.metrics import Metrics
from api.turn import Turns
from api.whatsapp.policy import WhatsAppPolicy, step
from api.whatsapp.sender import Sender

log = get_logger(__name__)
_IDLE = 0.05
_GAUGES_EVERY = 5.0
_PURGE_EVERY = 3600.0


class Worker:
    """Serves several citizens at once, each in the order of their messages.

    Voice notes have places of their own, `voices` of them, so that they never take those of texts.
    """

    def __init__(
        self,
        inbox: Inbox,
        outbox: Outbox,
        turns: Turns,
        delivery: Delivery,
        sender: Sender,
        policy: WhatsAppPolicy,
        metrics: Metrics,
        *,
        name_citizen: Callable[[str], str],
        concurrency: int = 8,
        voices: int = 1,
        lease_s: float = 60,
        shutdown_s: float = 20,
        keep_s: float = 14 * 86400,
    ) -> None:
        self._inbox, self._outbox, self._turns = inbox, outbox, turns
        self._delivery, self._sender = delivery, sender
        self._policy, self._metrics, self._name_citizen = policy, metrics, name_citizen
        self._concurrency, self._voices, self._lease = concurrency, voices, lease_s
        self._shutdown, self._keep = shutdown_s, keep_s
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then finishes the turns under way."""
        keeper = asyncio.create_task(self._keep_house())
        texts, voices = (partial(self._inbox.claim, voice=voice) for voice in (False, True))
        loops = (
            self._loop(stop, texts, self._serve, self._concurrency),
            self._loop(stop, voices, self._serve, self._voices),
            self._loop(stop, self._outbox.claim, self._deliver, self._concurrency),
        )
        try:
            await asyncio.gather(*loops)
        finally:
            keeper.cancel()

    async def drain(self) -> None:
        """Serves what is due now and returns; for tests and one-off runs."""
        while True:
            claims = await self._inbox.claim(self._name, self._concurrency)
            await asyncio.gather(*(self._serve(claim) for claim in claims))
            parcels = await self._outbox.claim(self._name, self._concurrency)
            await asyncio.gather(*(self._deliver(parcel) for parcel in parcels))
            if not claims and not parcels:
                return

    async def _loop(
        self,
        stop: asyncio.Event,
        claim: Callable[[str, int], Awaitable[list[Any]]],
        work: Callable[[Any], Coroutine[Any, Any, None]],
        places: int,
    ) -> None:
        tasks: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            free = places - len(tasks)
            found: list[Any] = []
            try:
                found = await claim(self._name, free) if free else []
            except Exception as error:  # the store may come back
                log.error("claim_failed", error=describe(error))
                await asyncio.sleep(1)
            for item in found:
                task = asyncio.create_task(work(item))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            if not found:
                self._wake.clear()
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _IDLE)
        await _finish(tasks, self._shutdown)

    async def _serve(self, claim: Claim) -> None:
        """One turn from claim to outbox; whatever happens, the message stays accounted for."""
        started = time.monotonic()
        who = self._name_citizen(claim.message.lane)
        try:
            async with self._alive(claim):
                outcome = await self._turn(claim)
        except LeaseLost:
            outcome = "lease_lost"
        except asyncio.CancelledError:
            with suppress(Exception):
                await self._inbox.fail(claim, "stopped", 0)
            raise
        except Exception as error:  # the store failed: the lease runs out and it is tried again
            outcome = "store_failed"
            log.error("store_failed", error=describe(error))
        self._wake.set()
        elapsed = time.monotonic() - started
        self._metrics.turns.labels(outcome).inc()
        voice = str(claim.message.kind == "audio").lower()
        self._metrics.turn_seconds.labels(voice).observe(elapsed)
        log.info(
            "turn",
            outcome=outcome,
            kind=claim.message.kind,
            citizen=who,
            attempt=claim.attempt,
            ms=round(elapsed * 1000),
        )

    async def _turn(self, claim: Claim) -> str:
        if claim.attempt > self._policy.turn_attempts:
            return await self._give_up(claim, "the worker died in every try")
        try:
            answer = await self._turns.answer(claim)
        except Exception as error:
            log.error("turn_failed", error=describe(error), attempt=claim.attempt)
            if claim.attempt >= self._policy.turn_attempts:
                return await self._give_up(claim, describe(error))
            wait = step(self._policy.turn_wait, claim.attempt)
            await self._inbox.fail(claim, describe(error), wait)
            return "retried"
        await self._inbox.ack(claim, answer.drafts, answer.language)
        return "answered" if answer.drafts else "silent"

    async def _give_up(self, claim: Claim, reason: str) -> str:
        await self._inbox.bury(claim, reason, await self._turns.apology(claim.message))
        return "given_up"

    async def _deliver(self, parcel: Any) -> None:
        try:
            await self._delivery.send(parcel)
        except Exception as error:  # stays `sending`: the lease runs out and it is settled then
            log.error("delivery_failed", error=describe(error))
        self._wake.set()

    @asynccontextmanager
    async def _alive(self, claim: Claim) -> AsyncIterator[None]:
        """Shows that we are at work, to the citizen and to the other workers."""
        done = asyncio.Event()
        tasks = [asyncio.create_task(self._renew(claim, done))]
        if claim.message.kind not in self._policy.silent:
            tasks.append(asyncio.create_task(self._type(claim, done)))
        if claim.message.kind == "audio":
            tasks.append(asyncio.create_task(self._listen(claim, done)))
        try:
            yield
        finally:
            # Python 3.10 can lose a cancellation that meets the end of a call (bpo-42130), and a
            # lost one would go on typing for ever: `done` ends the loops all the same.
            done.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _renew(self, claim: Claim, done: asyncio.Event) -> None:
        while not done.is_set():
            await asyncio.sleep(self._lease / 3)
            await self._inbox.extend(claim)

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
                self._wake.set()

    async def _keep_house(self) -> None:
        """Gauges every few seconds, forgetting every hour."""
        purged = 0.0
        while True:
            try:
                self._metrics.show_depth(await self._inbox.depth())
                if time.monotonic() - purged > _PURGE_EVERY:
                    purged = time.monotonic()
                    await self._inbox.purge(self._keep)
            except Exception as error:
                log.error("housekeeping_failed", error=describe(error))
            await asyncio.sleep(_GAUGES_EVERY)


async def _finish(tasks: set[asyncio.Task[None]], seconds: float) -> None:
    """Waits for what is under way; what takes too long is cancelled and given back."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
