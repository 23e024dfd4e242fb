"""API keys: who may call what, and how often. They are kept as hashes."""

from __future__ import annotations

import asyncio
import hmac
import math
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from api.key_usage import FILE, TABLES, FileUsage, SharedUsage, Usage
from api.problems import Problem
from nlu.log import describe, get_logger
from nlu.settings.api_keys_file import DAY, SCOPES, ApiKey, digest, read_keys_file
from nlu.settings.settings import ServeSettings
from nlu.storage.database import DatabaseAway
from nlu.storage.postgres import PostgresDatabase

log = get_logger(__name__)


class ApiKeys:
    """The keys of one installation.

    All processes share the count of limited keys' use. Keys without limits do not need it.
    """

    def __init__(
        self,
        keys: Sequence[ApiKey],
        open_usage: Callable[[], Usage],
        clock: Callable[[], float] = time.time,
        file: Path | None = None,
    ) -> None:
        """`keys` never change; `file` is read again when it changes, so that no restart is needed.

        Raises OSError, ValueError.
        """
        self._fixed, self._clock, self._file = tuple(keys), clock, file
        self._stamp = _stamp(file) if file else None
        self._of_file = read_keys_file(file) if file else ()
        limited = any(key.limits for key in self._keys())
        self._open_usage, self._usage = open_usage, open_usage() if limited else None

    @classmethod
    def of(cls, settings: ServeSettings, clock: Callable[[], float] = time.time) -> ApiKeys:
        """The keys of SEVA_API_KEYS, SEVA_API_KEYS_FILE and SEVA_NOTICES_KEY.

        Those of SEVA_API_KEYS have all scopes that need no trust, and no limits: neither notices,
        nor phones, which opens what citizens have at departments. Use is counted in PostgreSQL
        where the state is there. Raises OSError, ValueError.
        """
        usual = frozenset(SCOPES) - {"notices", "phones"}
        keys = [
            ApiKey(f"SEVA_API_KEYS[{number}]", digest(key), usual, has_own_name=False)
            for number, key in enumerate(settings.keys)
        ]
        if settings.notices_key:
            notices = frozenset({"notices"})
            keys.append(ApiKey("SEVA_NOTICES_KEY", digest(settings.notices_key), notices))
        file = Path(settings.api_keys_file) if settings.api_keys_file else None

        def open_usage() -> Usage:
            url = settings.database_urls[0]
            if url.startswith("postgresql"):
                own = None if clock is time.time else clock
                return SharedUsage(PostgresDatabase(url, TABLES, clock=own))
            return FileUsage(settings.var_dir / FILE, clock)

        return cls(keys, open_usage, clock, file)

    def check(self, authorization: str | None, scope: str) -> ApiKey:
        """The key in the header. Raises the problems `unauthorised` and `missing-scope`."""
        scheme, _, given = (authorization or "").partition(" ")
        right, found = digest(given.strip()), None
        for key in self._keys():  # compare all, so that the time does not reveal the key
            if hmac.compare_digest(right, key.digest):
                found = key
        if found is None or scheme.lower() != "bearer":
            raise Problem("unauthorised")
        if found.expires and datetime.fromtimestamp(self._clock(), timezone.utc).date() >= (
            found.expires
        ):
            raise Problem("unauthorised", f"The key expired on {found.expires}.")
        if scope not in found.scopes:
            raise Problem("missing-scope", f"The key is not for `{scope}`.")
        return found

    async def spend(self, key: ApiKey, cost: int = 1) -> None:
        """Counts a call. Raises `rate-exceeded` or `quota-exceeded`, with the seconds to wait, and
        `limits-unavailable` where nobody can count now."""
        if not key.limits:
            return
        try:
            if self._usage is None:
                self._usage = await asyncio.to_thread(self._open_usage)
            full = await self._usage.spend(key.name, key.limits, cost)
        except (DatabaseAway, sqlite3.Error) as error:
            log.error("api_keys_not_counted", error=describe(error))
            raise Problem("limits-unavailable") from None
        if full is not None:
            name = "quota-exceeded" if full.limit.seconds == DAY else "rate-exceeded"
            raise Problem(name, retry_after=math.ceil(full.left(self._usage.now())))

    def _keys(self) -> tuple[ApiKey, ...]:
        """All keys now. While the file cannot be read, its earlier keys stay valid."""
        if self._file is not None and (stamp := _stamp(self._file)) != self._stamp:
            self._stamp = stamp
            try:
                self._of_file = read_keys_file(self._file)
                log.info("api_keys_read", keys=len(self._of_file))
            except (OSError, ValueError) as error:
                log.error("api_keys_not_read", file=str(self._file), error=str(error))
        return (*self._fixed, *self._of_file)

    def close(self) -> None:
        """Gives back what was taken and not used."""
        if self._usage is not None:
            self._usage.close()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """A mark that changes when the file is written or replaced. None if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
