"""What was done in the console, and by whom. A hash of each row goes into the public log, so that
nobody can change or delete a row unseen.

A row is kept at once; its hash follows within seconds, and whenever the action server is back.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from api.console.action_server import ActionServer, ServerAway
from api.console.schema import AUDIT
from nlu.action_address import CONSOLE_LOG
from nlu.log import describe, get_logger

log = get_logger(__name__)
_AT_ONCE = 500
_EVERY = 5.0  # seconds


@dataclass(frozen=True)
class Deed:
    """Something that was done. `entry` is its place in the log; None: not there yet."""

    id: str
    at: float
    account: str
    act: str
    about: Mapping[str, Any]
    entry: int | None = None

    def digest(self) -> str:
        """SHA-256 over all but its place, in hex. The id makes it impossible to guess."""
        told = [self.id, self.at, self.account, self.act, self.about]
        text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class Audit:
    """Rows in the console's tables. Calls block."""

    def __init__(self, engine: sa.engine.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._clock = engine, clock
        self._last, self._one = 0.0, threading.Lock()

    def keep(self, account: str, act: str, about: Mapping[str, Any]) -> None:
        """Keeps what was done. `about` holds nothing of a citizen."""
        row = {
            "id": secrets.token_hex(16),
            "at": self._moment(),
            "account": account,
            "act": act,
            "about": json.dumps(about, ensure_ascii=False),
            "entry": None,
        }
        with self._engine.begin() as db:
            db.execute(AUDIT.insert().values(**row))

    def _moment(self) -> float:
        """Now; later than any other moment of this process, so that rows have an order."""
        with self._one:
            self._last = max(self._clock(), self._last + 1e-6)
            return self._last

    def latest(self, limit: int, before: float | None = None) -> list[Deed]:
        """The newest first."""
        where = sa.true() if before is None else AUDIT.c.at < before
        return self._some(where, AUDIT.c.at.desc(), limit)

    def all(self) -> list[Deed]:
        """Every row, the oldest first."""
        return self._some(sa.true(), AUDIT.c.at, None)

    def waiting(self) -> list[Deed]:
        """Some whose hash is not in the log yet, the oldest first."""
        return self._some(AUDIT.c.entry.is_(None), AUDIT.c.at, _AT_ONCE)

    def entered(self, deeds: Iterable[Deed], first: int) -> None:
        """Their hashes are in the log, one behind the other."""
        with self._engine.begin() as db:
            for at, deed in enumerate(deeds, first):
                db.execute(AUDIT.update().where(AUDIT.c.id == deed.id).values(entry=at))

    def _some(self, where: Any, order: Any, limit: int | None) -> list[Deed]:
        query = sa.select(AUDIT).where(where).order_by(order, AUDIT.c.id).limit(limit)
        with self._engine.connect() as db:
            return [_deed(row) for row in db.execute(query).mappings()]


async def publish(audit: Audit, server: ActionServer) -> int:
    """Hands the hashes that wait to the log; how many. One that was handed over twice, because the
    answer was lost, is in the log twice, which contradicts nothing. Raises ServerAway."""
    deeds = await asyncio.to_thread(audit.waiting)
    if not deeds:
        return 0
    digests = [deed.digest() for deed in deeds]
    answer = await server.ask("POST", f"{CONSOLE_LOG}/", json={"digests": digests})
    answer.raise_for_status()
    await asyncio.to_thread(audit.entered, deeds, answer.json()["first"])
    return len(deeds)


async def keep_published(audit: Audit, server: ActionServer) -> None:
    """Goes on until it is cancelled."""
    while True:
        try:
            if await publish(audit, server) == _AT_ONCE:
                continue
        except ServerAway:
            pass  # it was logged, and the rows wait
        except Exception as error:
            log.error("audit_unpublished", error=describe(error))
        await asyncio.sleep(_EVERY)


async def contradictions(audit: Audit, server: ActionServer) -> list[str]:
    """What the log says of rows that are not there any more, or not as they were: one line each.
    Raises ServerAway."""
    deeds = {deed.digest(): deed for deed in await asyncio.to_thread(audit.all)}
    logged: dict[str, int] = {}
    start: int | None = 0
    while start is not None:
        answer = await server.ask("GET", f"{CONSOLE_LOG}/", params={"start": start})
        answer.raise_for_status()
        told = answer.json()
        logged |= {digest: at for at, digest in told["entries"]}
        start = told["next"]
    gone = [f"entry {at} of the log: its row was changed or deleted"
            for digest, at in logged.items() if digest not in deeds]  # fmt: skip
    never = [f"row {deed.id}: it is not in the log, but says that it is"
             for digest, deed in deeds.items()
             if deed.entry is not None and digest not in logged]  # fmt: skip
    return gone + never


def _deed(row: Mapping[str, Any]) -> Deed:
    return Deed(
        row["id"], row["at"], row["account"], row["act"], json.loads(row["about"]), row["entry"]
    )
