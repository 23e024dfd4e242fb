"""Delivers webhooks to the bot: signed, in order at the first try, again until answered 200."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from api.demo.simulator.faults import Faults
from api.demo.simulator.rules import DeliveryRules
from api.whatsapp.payload import HEADER, sign

Report = Callable[[dict[str, Any]], None]
Sleep = Callable[[float], Awaitable[None]]


class Courier:
    """Posts deliveries; those of one lane start in order, a failed one does not hold the next."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        secret: str,
        rules: DeliveryRules,
        faults: Faults,
        report: Report,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._client = client
        self._url = url
        self._secret = secret
        self._rules = rules
        self._faults = faults
        self._report = report
        self._sleep = sleep
        self._slots = asyncio.Semaphore(rules.at_once)
        self._tails: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> int:
        """Deliveries that have not been answered 200 yet."""
        return len(self._tasks)

    def send(
        self, lane: str, envelope: dict[str, Any], done: Callable[[], None] | None = None
    ) -> None:
        """Hands over a delivery; `done` is called once the bot has answered 200."""
        if len(self._tasks) >= self._rules.pending:
            self._report({"what": "dropped", "lane": lane, "status": 0, "body": envelope})
            return
        before, first = self._tails.get(lane), asyncio.Event()
        self._tails[lane] = first
        self._start(self._deliver(lane, envelope, before, first, done))

    async def close(self) -> None:
        """Gives up on everything that is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(
        self,
        lane: str,
        envelope: dict[str, Any],
        before: asyncio.Event | None,
        first: asyncio.Event,
        done: Callable[[], None] | None,
    ) -> None:
        try:
            if before is not None:
                await before.wait()
            if self._faults.delay_ms:
                await self._sleep(self._faults.delay_ms / 1000)
            answered = await self._post(envelope, attempt=1)
        finally:
            first.set()
            if self._tails.get(lane) is first:
                del self._tails[lane]
        if not answered:
            answered = await self._retry(envelope)
        if answered and done is not None:
            done()
        for copy in range(self._faults.duplicate if answered else 0):
            await self._post(envelope, attempt=copy + 2)

    async def _retry(self, envelope: dict[str, Any]) -> bool:
        waited, attempt, waits = 0.0, 1, self._rules.wait
        while waited < self._rules.give_up_after:
            wait = waits[min(attempt, len(waits)) - 1]
            await self._sleep(wait)
            waited += wait
            attempt += 1
            if await self._post(envelope, attempt):
                return True
        return False

    async def _post(self, envelope: dict[str, Any], attempt: int) -> bool:
        """One try; whether the bot answered 200. Meta escapes all but ASCII in the body."""
        body = json.dumps(envelope, separators=(",", ":")).encode()
        secret = self._secret + ("-wrong" if self._faults.bad_signature else "")
        headers = {"Content-Type": "application/json", HEADER: sign(body, secret)}
        headers["User-Agent"] = "facebookexternalua"
        async with self._slots:
            started = time.perf_counter()
            try:
                answer = await self._client.post(
                    self._url, content=body, headers=headers, timeout=self._rules.timeout
                )
                status = answer.status_code
            except httpx.HTTPError:
                status = 0
        self._report(
            {
                "what": "webhook",
                "status": status,
                "attempt": attempt,
                "ms": round((time.perf_counter() - started) * 1000, 1),
                "body": envelope,
            }
        )
        return status == 200
