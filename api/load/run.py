"""A run: messages go out when they are due, answers come in, until all is answered or it ends."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from api.internal_listener import serving
from api.load.crowd import Crowd, Option
from api.load.ledger import Ledger, Sent, answered_id
from api.load.plan import Manner, Plan
from api.load.whatsapp import WhatsApp
from api.load.words import Words
from nlu.settings.settings import Settings

_SHOW_EVERY = 0.5
_TOLD_S = 10.0  # seconds for the last statuses
_FIRST_S = 90.0
"""Within which the first message must be answered: a model may still be loading."""
_HURRY_S = 5.0
"""How long a run that was broken off waits for answers."""


class NotThisWay(RuntimeError):
    """The deployment cannot be driven; says what to do."""


@dataclass
class Run:
    """What happened, as it happens. Times of the ledger count from `began`."""

    plan: Plan
    ledger: Ledger = field(default_factory=Ledger)
    began: float = 0.0
    """By `time.monotonic`."""
    started: float = 0.0
    """In seconds since 1970."""
    seconds: float = 0.0
    """How long messages were sent."""
    broken_off: bool = False
    late: list[float] = field(default_factory=list)
    """By how much this process itself was late with each message."""

    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began


class Driver:
    """Drives one deployment."""

    def __init__(
        self,
        plan: Plan,
        manner: Manner,
        words: Words,
        webhook: str,
        settings: Settings,
        listener: socket.socket,
    ) -> None:
        """`listener` is where the deployment's SEVA_WHATSAPP_BASE_URL leads to."""
        self._manner, self._listener = manner, listener
        self.run = Run(plan)
        self._crowd = Crowd(plan, manner, words)
        self._whatsapp = WhatsApp(webhook, settings, manner, self._heard)
        self._tasks: set[asyncio.Task[None]] = set()
        self._first = asyncio.Event()

    async def drive(self, stop: asyncio.Event, show: Callable[[Run], None]) -> Run:
        """Until all is sent and answered, or `stop` is set. Raises NotThisWay."""
        async with serving(self._whatsapp.app, self._listener):
            telling = asyncio.create_task(self._whatsapp.tell())
            showing = asyncio.create_task(self._show(show))
            try:
                await self._begin(stop)
                await self._send_all(stop)
                await self._wait_for_answers(stop)
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._whatsapp.told_all(), _TOLD_S)
            finally:
                for task in (telling, showing, *self._tasks):
                    task.cancel()
                await asyncio.gather(telling, showing, *self._tasks, return_exceptions=True)
                await self._whatsapp.close()
        return self.run

    async def _begin(self, stop: asyncio.Event) -> None:
        """One message, which is not counted, shows that answers find their way."""
        trouble = await self._whatsapp.handshake()
        if trouble:
            raise NotThisWay(trouble)
        why: list[str] = []
        content = {"type": "text", "text": {"body": "hello"}}
        first = self._whatsapp.deliver(
            "915550000000", f"wamid.load.first.{time.time_ns()}", content, why.append
        )
        task = asyncio.create_task(first)
        answered = asyncio.create_task(self._first.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait(
            (answered, stopped), timeout=_FIRST_S, return_when=asyncio.FIRST_COMPLETED
        )
        for one in (task, answered, stopped):
            one.cancel()
        if not self._first.is_set() and not stop.is_set():
            host, port = self._listener.getsockname()[:2]
            told = f"the webhook refuses deliveries ({why[-1]})" if why else "nothing came here"
            raise NotThisWay(
                f"no answer within {_FIRST_S:.0f} s: {told}. Start the deployment with "
                f"SEVA_WHATSAPP_BASE_URL=http://{host}:{port}, and give here the "
                "SEVA_WHATSAPP_APP_SECRET and SEVA_WHATSAPP_PHONE_NUMBER_ID that it has"
            )
        self.run.began, self.run.started = time.monotonic(), time.time()

    async def _send_all(self, stop: asyncio.Event) -> None:
        run = self.run
        for due in run.plan.arrivals(self._manner.burst):
            wait = due - run.now()
            if wait > 0:
                await _stopped(stop, wait)
            if stop.is_set():
                run.broken_off = True
                break
            found = self._crowd.next(due, run.now())
            if found is None:
                run.ledger.unsent += 1
                continue
            sent, content = found
            run.ledger.sent[sent.id] = sent
            self._start(self._deliver(sent, content))
            if wait <= 0:
                await asyncio.sleep(0)  # behind the plan: others must get on all the same
        run.seconds = min(run.now(), run.plan.seconds) if run.broken_off else run.plan.seconds

    async def _deliver(self, sent: Sent, content: dict[str, Any]) -> None:
        sent.posted = self.run.now()
        self.run.late.append(sent.posted - sent.due)

        def refused(why: str) -> None:
            sent.refused += 1
            self.run.ledger.refused[why] += 1

        await self._whatsapp.deliver(sent.citizen, sent.id, content, refused)
        sent.accepted = self.run.now()

    async def _wait_for_answers(self, stop: asyncio.Event) -> None:
        """What is not answered by then is lost."""
        run = self.run
        patience = _HURRY_S if run.broken_off else run.plan.patience
        until = run.now() + patience
        while (run.ledger.open or run.ledger.untaken) and run.now() < until:
            if run.broken_off:
                await asyncio.sleep(0.1)
            elif await _stopped(stop, 0.1):
                run.broken_off = True
                until = min(until, run.now() + _HURRY_S)

    def _heard(self, tracker: str, text: str, options: Sequence[Option]) -> None:
        if not self.run.began:
            if answered_id(tracker).startswith("wamid.load.first."):
                self._first.set()
            return
        sent = self.run.ledger.reply(tracker, self.run.now())
        if sent is not None:
            self._crowd.hear(sent, text, options, self.run.now())

    async def _show(self, show: Callable[[Run], None]) -> None:
        while True:
            show(self.run)
            await asyncio.sleep(_SHOW_EVERY)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Whether it was asked to stop within so many seconds."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True


def listen(host: str, port: int) -> socket.socket:
    """Where the deployment sends to. Raises OSError."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    found.listen(1024)
    return found
