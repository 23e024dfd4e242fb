"""`seva shadow`: the candidate understands what waits for it, beside everything else.

It loads the candidate alone, takes messages from the bounded tables, and leaves counts and what a
person should read. While it is slow, or gone, nobody waits: the tables fill, and no more is kept.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from api.heartbeat import HealthServer, Heartbeat
from api.inbox.open import open_databases
from api.inbox.shadow import Candidate, depth, load_rules
from api.metrics import ShadowMetrics
from api.shadow.action import FAILED
from api.shadow.candidates import Candidates
from api.shadow.messages import Compared, Taken, finish, take
from api.shadow.understander import Did, Understander
from nlu import registry, shared_models
from nlu.log import configure_logging, describe, get_logger
from nlu.settings.settings import ShadowSettings
from nlu.storage.database import Database
from nlu.storage.keys import check_keys

log = get_logger(__name__)
_HANGS = 60.0  # seconds without a beat after which /health/live says 503
_ERRORS = (OSError, ValueError, sqlite3.Error)
"""Of a database that is away, or cannot do what it was asked."""


class Shadow:
    """Follows the candidate, and compares what waits for it."""

    def __init__(
        self,
        databases: Sequence[Database],
        understander: Understander,
        metrics: ShadowMetrics,
        live: Callable[[], str | None],
    ) -> None:
        """`live` tells the id of the live model, and may block."""
        self._databases, self._live = tuple(databases), live
        self._candidates = Candidates(databases)
        self._understander, self._metrics = understander, metrics
        self._rules = load_rules()
        self.candidate: Candidate | None = None
        self.trouble = ""
        """What keeps it from its work; empty while there is nothing."""

    async def follow(self) -> None:
        """Looks for the candidate as long as the process runs."""
        while True:
            await self.look()
            await asyncio.sleep(self._rules.look_seconds)

    async def look(self) -> None:
        """Ends a candidate whose time is over, and loads the one of now."""
        try:
            self.candidate = await asyncio.to_thread(self._find)
        except _ERRORS as error:
            self._tell(describe(error))
            return
        await self._understander.hold(self.candidate.model if self.candidate else "")
        self._metrics.vitals.show_model(self._understander.model)
        self._tell(self._understander.trouble)

    def _find(self) -> Candidate | None:
        self._candidates.tend(self._live())
        return self._candidates.current()

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            log.error("shadow_waits", why=trouble)
        self.trouble = trouble

    async def run(self, stop: asyncio.Event) -> None:
        """Compares until `stop` is set; what is in hand then is finished."""
        while not stop.is_set():
            if not await self.work():
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._rules.idle_seconds)

    async def work(self) -> int:
        """Compares some of what waits in each database; how many messages. While one is away the
        others go on."""
        candidate = self.candidate
        if candidate is None or self._understander.model != candidate.model:
            return 0
        done = waiting = 0
        for database in self._databases:
            try:
                taken = await database.run(
                    partial(take, candidate=candidate.number, rules=self._rules)
                )
                if taken:
                    done += await self._compare(database, taken)
                waiting += await database.read(depth)
            except _ERRORS as error:
                self._tell(describe(error))
        self._metrics.waiting.set(waiting)
        return done

    async def _compare(self, database: Database, taken: Sequence[Taken]) -> int:
        model = self._understander.model
        asked = [one for one in taken if not one.is_given_up]
        found = await self._understander.understand([one.asked for one in asked])
        did = dict(zip((one.seq for one in asked), found))
        compared = [_held(one, did.get(one.seq, Did(FAILED)), model) for one in taken]
        await database.run(partial(finish, compared=compared))
        for one in compared:
            self._metrics.compared.labels(_outcome(one)).inc()
        return len(taken)


def _held(taken: Taken, did: Did, model: str) -> Compared:
    """A message with both decisions. One that the candidate failed at is counted, but is nothing
    that a person could judge."""
    item = taken.asked.item
    if did.action in (item.did, FAILED):
        return Compared(taken, did.action)
    read = replace(item, instead=did.action, instead_sure=did.sure, instead_model=model)
    return Compared(taken, did.action, read.sealed())


def _outcome(one: Compared) -> str:
    if one.action == FAILED:
        return "failed"
    return "other" if one.review else "same"


async def run_shadow(settings: ShadowSettings, stop: asyncio.Event) -> None:
    """Works until `stop` is set. Raises OSError or ValueError if it cannot begin."""
    databases = await asyncio.to_thread(open_databases, settings)
    metrics, heartbeat = ShadowMetrics(), Heartbeat(_HANGS)
    shadow = Shadow(databases, Understander(settings), metrics, partial(_live_id, settings))
    metrics.vitals.ask(lambda: heartbeat.is_ready)
    health: HealthServer | None = None
    keepers: list[asyncio.Task[None]] = []
    try:
        if settings.shadow_metrics_port:
            at = settings.shadow_metrics_host, settings.shadow_metrics_port
            health = HealthServer(heartbeat, metrics.registry, *at)
        keepers = [
            asyncio.create_task(work)
            for work in (shadow.follow(), _watch(shadow, heartbeat), heartbeat.keep())
        ]
        log.info("shadow_started")
        working = asyncio.create_task(shadow.run(stop))
        await stop.wait()
        await asyncio.wait({working}, timeout=settings.shutdown_seconds)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        if health is not None:
            health.close()
        for database in databases:
            database.close()
        log.info("shadow_stopped")


async def _watch(shadow: Shadow, heartbeat: Heartbeat) -> None:
    while True:
        heartbeat.trouble("candidate", shadow.trouble)
        await asyncio.sleep(0.5)


def _live_id(settings: ShadowSettings) -> str | None:
    """The live model of all machines, where they share their models, else of this one. Raises
    DatabaseAway."""
    shared = shared_models.shared_models(settings.models_dir)
    return registry.live_id(settings.models_dir) if shared is None else shared.live()


def shadow_command(settings: ShadowSettings) -> int:
    """Runs until SIGTERM or Ctrl-C; the exit code. Others get the processor first."""
    configure_logging(settings.log_level)

    async def work() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        await run_shadow(settings, stop)

    try:
        check_keys()
        os.nice(load_rules().nice)
        asyncio.run(work())
    except _ERRORS as error:
        print(error, file=sys.stderr)
        return 1
    return 0
