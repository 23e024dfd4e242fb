"""What is known of each role now. A role that does not answer is told, and keeps nobody waiting."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from api.status.places import Place
from api.status.samples import Pace, Samples, Window, models, since_start

_TOLD = ("type", "title", "detail", "status", "log_size", "checks", "troubles", "only")
"""Members of a health answer that are no reasons themselves, or are read one by one."""
_WINDOW = 60.0  # seconds
_NO_ANSWER = (httpx.HTTPError, httpx.InvalidURL, OSError, asyncio.TimeoutError)


@dataclass(frozen=True)
class Report:
    """One role. What it did not tell is None; `notes` are reasons and troubles, in its words."""

    role: str
    address: str
    answers: bool
    ready: bool
    notes: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    oldest_s: float | None = None
    waiting: int | None = None
    dead: int | None = None
    per_minute: float | None = None
    p95_s: float | None = None
    over_s: float | None = None
    processes: int | None = None
    memory_bytes: int | None = None
    uptime_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


class Watch:
    """Looks at roles again and again, and remembers the last minute of each."""

    def __init__(
        self,
        places: Sequence[Place],
        *,
        patience: float = 2.0,
        once: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience`: seconds that a role may take to answer. With `once` the pace is that since
        the role's start, else that of the last minute."""
        self._places, self._once, self._clock = places, once, clock
        self._patience = patience
        self._windows = {place.role: Window(_WINDOW) for place in places}

    async def look(self) -> list[Report]:
        """Asks all roles at once."""
        return list(await asyncio.gather(*map(self._role, self._places)))

    async def _role(self, place: Place) -> Report:
        if place.off:
            return Report(place.role, "", False, False, (f"switched off: {place.off}",))
        try:
            answer = await self._get(place.health, place)
        except _NO_ANSWER as error:
            why = f"no answer at {place.address} ({_kind(error)})"
            return Report(place.role, place.address, False, False, (why,))
        notes, ready = _notes(answer), answer.status_code == 200
        look, missing = await self._metrics(place)
        if missing:
            notes = (*notes, missing)
        if look is None:
            return Report(place.role, place.address, True, ready, notes)
        pace = self._pace(place, look)
        return Report(
            place.role,
            place.address,
            True,
            ready,
            notes,
            tuple(models(look)),
            look.value("seva_inbox_oldest_seconds"),
            _whole(look.value("seva_inbox_waiting")),
            _whole(look.value("seva_inbox_dead")),
            pace.per_minute,
            pace.p95_s,
            pace.over_s,
            _whole(look.value("seva_processes")),
            _whole(look.value("seva_memory_bytes")),
            look.value("seva_uptime_seconds"),
        )

    async def _metrics(self, place: Place) -> tuple[Samples | None, str]:
        """What the role counts, or why that is not known."""
        if not place.metrics:
            return None, ""
        try:
            answer = await self._get(place.metrics)
            answer.raise_for_status()
            return Samples.read(answer.text, self._clock()), ""
        except (*_NO_ANSWER, ValueError) as error:
            return None, f"no metrics at {place.metrics} ({_kind(error)})"

    def _pace(self, place: Place, look: Samples) -> Pace:
        if self._once:
            return since_start(look, place.work, place.work_labels)
        window = self._windows[place.role]
        window.add(look, place.work)
        return window.pace(place.work, place.work_labels)

    async def _get(self, url: str, place: Place | None = None) -> httpx.Response:
        socket = place.socket if place is not None else None
        # All addresses are http; to read certificates would take longer than all the rest.
        transport = httpx.AsyncHTTPTransport(uds=str(socket) if socket else None, verify=False)
        async with httpx.AsyncClient(
            transport=transport, timeout=self._patience, trust_env=False
        ) as client:
            return await asyncio.wait_for(client.get(url), self._patience)


def _notes(answer: httpx.Response) -> tuple[str, ...]:
    """Why a role is not ready, and what it gets along with."""
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, Mapping):
        return () if answer.status_code == 200 else (f"answers {answer.status_code}",)
    checks = {name: what for name, what in _members(told, "checks").items() if what != "ok"}
    troubles = {
        name: what.get("what", "") if isinstance(what, Mapping) else what
        for name, what in _members(told, "troubles").items()
    }
    others = {name: what for name, what in told.items() if name not in _TOLD}
    if answer.status_code == 200:
        others = {}
    else:  # a worker's beat and lag are numbers, a store's trouble is a text
        others = {name: what for name, what in others.items() if isinstance(what, str)}
    found = tuple(f"{name}: {what}" for name, what in {**checks, **troubles, **others}.items())
    if found or answer.status_code == 200:
        return found
    status = told.get("status")
    detail = told.get("detail") or (status if isinstance(status, str) else "")
    return (str(detail or f"answers {answer.status_code}"),)


def _members(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, Mapping) else {}


def _kind(error: Exception) -> str:
    """Short, for a table: the system's words where there are some."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, (httpx.TimeoutException, asyncio.TimeoutError)):
        return "too slow"
    return type(error).__name__


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
