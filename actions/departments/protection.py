"""Keeps a struggling department from being hammered: turns, pace and a circuit breaker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiolimiter import AsyncLimiter
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.messages import Event
from purgatory.domain.messages.events import ContextChanged
from purgatory.domain.model import OpenedState

from actions.departments.definition import Protection
from actions.departments.metrics import show_breaker
from actions.departments.result import CallFailed
from actions.departments.standstill import Standstill


class DepartmentProtection:
    """One department's bulkhead, rate limit and breaker; belongs to one event loop."""

    def __init__(self, department: str, settings: Protection) -> None:
        self._department = department
        self._turns = asyncio.Semaphore(settings.limits.concurrency)
        self._pace = AsyncLimiter(settings.limits.rate, settings.limits.per_seconds)
        self._breakers = AsyncCircuitBreakerFactory(
            default_threshold=settings.breaker.threshold,
            default_ttl=settings.breaker.reset_after,
            exclude=[(BaseException, self._is_ours)],
        )
        self.standstill = Standstill()
        self._breakers.add_listener(_shown)
        show_breaker(department, "closed")

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Wait for a turn, then run the block; an exception out of it counts as a failure, but for
        those of a process that stood still."""
        self.standstill.watch()
        async with self._turns, self._pace:
            breaker = await self._breakers.get_breaker(self._department)
            try:
                async with breaker:
                    yield
            except OpenedState as error:
                raise CallFailed("breaker_open", "too many failures in a row") from error

    def _is_ours(self, _error: BaseException) -> bool:
        return self.standstill.is_lately()


def _shown(department: str, kind: str, event: Event) -> None:
    if isinstance(event, ContextChanged):
        show_breaker(department, event.state)
