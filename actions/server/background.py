"""What the action server does besides answering Rasa. A new task is one more entry in `TASKS`.

Tasks run in the event loop of the connectors until the server stops; one that breaks is told in
the log and begun again. Any number of action servers may run them at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from actions.citizens.counted import count_answer, count_handed_over
from actions.citizens.effects import done
from actions.departments import OperationResult
from actions.departments.journal import Entry
from actions.departments.settlement import Settlement
from actions.desk import grievances
from actions.desk.presence import Presence
from actions.dialogue.steps import Effect
from actions.news.late_answers import LateAnswers
from actions.news.notices import LanguageOf, Notify
from actions.server.context import Context
from actions.server.sealed_stores import sealed_stores
from nlu.daily_counts import FILE as COUNTS
from nlu.daily_counts import DailyCounts, day_number
from nlu.log import get_logger
from nlu.settings.settings import ActionsSettings

_LOG = get_logger(__name__)
_HOUR, _DAY = 3600.0, 86400.0
_SLICE = 200
_AGAIN = 5.0


@dataclass(frozen=True)
class Workplace:
    """What a task works with."""

    here: Context
    settings: ActionsSettings
    notify: Notify
    language_of: LanguageOf


Task = Callable[[Workplace], Awaitable[None]]
"""Works until it is cancelled."""


async def settle_writes(place: Workplace) -> None:
    """Asks after lost answers, polls for late ones, and tells citizens what came of it."""
    here, settings = place.here, place.settings
    ask_in, at_desk = here.departments.said_in, partial(follow_at_desk, here)
    tell = LateAnswers(here.catalogue, place.notify, place.language_of, ask_in, at_desk)

    async def told(entry: Entry, result: OperationResult) -> None:
        await tell(entry, await here.cashier.checkout.late(entry, result))
        write = entry.write
        service = write.context.origin.service
        count_answer(here.resources.tally, write.department, service, result)

    await Settlement(here.departments, told).run(settings.settle_seconds)


async def follow_at_desk(
    here: Context, entry: Entry, result: OperationResult, said: str, language: str
) -> str:
    """What a late answer means for the officers' desk, and what the citizen reads of that. Done
    again it comes to the same request."""

    def follow() -> tuple[Effect, ...]:
        return grievances.effects(here.desk, entry.write, result, said, language, time.time())

    found = await asyncio.to_thread(follow)
    told = await asyncio.to_thread(done, found, entry.write.context.citizen, here.stores)
    count_handed_over(here.resources.tally, here.catalogue, found)
    return "\n".join(one.text for one in told)


async def settle_payments(place: Workplace) -> None:
    """Looks up what is not paid or not booked yet, settles it, and tells citizens."""
    job = place.here.cashier.reconciliation(place.notify, place.language_of)
    await job.run(place.settings.settle_seconds)


async def send_talk(place: Workplace) -> None:
    """Takes what officers said to the outbox, where it was away when they said it."""
    while True:
        await place.here.desk.delivery.deliver()
        await asyncio.sleep(place.settings.settle_seconds)


async def forget_old(place: Workplace) -> None:
    """Deletes what is over and nobody needs any more, every hour; nothing that is still owed."""
    here, stores, settings = place.here, place.here.stores, place.settings
    while True:
        now = time.time()
        await asyncio.to_thread(here.departments.journal.forget, now - settings.kept("writes"))
        ledger = here.cashier.lifecycle.ledger
        await asyncio.to_thread(ledger.forget, now - settings.kept("payments"))
        days = here.settings.welcome.days
        await asyncio.to_thread(stores.usage.forget, now - days * _DAY)
        await asyncio.to_thread(forget_counts, settings, now)
        await asyncio.to_thread(stores.profiles.forget, now - settings.kept("profiles"))
        kept_from = now - settings.kept("handovers")
        presence = Presence(stores.handovers.engine)
        await asyncio.to_thread(presence.forget, now - _DAY)
        _, unanswered = await asyncio.to_thread(stores.handovers.forget, kept_from)
        await asyncio.to_thread(place.here.misses.purge)
        if unanswered:
            _LOG.warning("handovers_never_answered", count=unanswered)
        await asyncio.sleep(_HOUR)


async def read_again(place: Workplace) -> None:
    """Tries rows that could not be read, every hour: their key may be back."""
    here = place.here
    ledger = here.cashier.lifecycle.ledger
    while True:
        for store in sealed_stores(here.departments.journal, ledger, here.stores):
            after: str | None = ""
            while after is not None:
                found = await asyncio.to_thread(
                    partial(store.look, after, _SLICE, marked_only=True)
                )
                after = found.last
        await asyncio.sleep(_HOUR)


async def keep_counts(place: Workplace) -> None:
    """Adds what turns counted to the table, every few seconds and a last time at the end."""
    await place.here.resources.tally.keep()


def forget_counts(settings: ActionsSettings, now: float) -> int:
    """Deletes the counts of days that are too old; how many rows."""
    counts = DailyCounts(settings.table_url(COUNTS))
    try:
        first = datetime.fromtimestamp(now - settings.kept("counts"), settings.zone)
        return counts.forget(day_number(first.date()))
    finally:
        counts.close()


TASKS: tuple[Task, ...] = (
    settle_writes,
    settle_payments,
    send_talk,
    keep_counts,
    forget_old,
    read_again,
)


class Background:
    """Starts tasks and stops them."""

    def __init__(
        self, place: Workplace, tasks: Sequence[Task] = TASKS, again: float = _AGAIN
    ) -> None:
        """`again`: seconds until a task that broke is begun again."""
        self._place, self._tasks, self._again = place, tasks, again
        self._running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins every task."""
        self._running = [asyncio.create_task(self._keep(task)) for task in self._tasks]

    async def stop(self) -> None:
        """Cancels every task and waits until it has ended."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _keep(self, task: Task) -> None:
        while True:
            try:
                await task(self._place)
            except Exception as error:  # the next try may find the disk or the network mended
                name = getattr(task, "__name__", type(task).__name__)
                _LOG.error("background_task", task=name, error=type(error).__name__)
            await asyncio.sleep(self._again)
