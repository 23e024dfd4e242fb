"""API keys: who may call what, and how often. They are kept as hashes."""

from __future__ import annotations

import hmac
import math
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from api.problems import Problem
from nlu.log import get_logger
from nlu.settings.api_keys_file import DAY, SCOPES, ApiKey, digest, read_keys_file
from nlu.settings.settings import ServeSettings
from nlu.storage import windows
from nlu.storage.database import Tables
from nlu.storage.tables import make_ready
from nlu.storage.write_ahead import write_ahead

log = get_logger(__name__)
USAGE_FILE = "usage.sqlite"
_BUSY_S = 2.0
USAGE = Tables("limits", windows.SCHEMA, Path(__file__).with_name("migrations") / "limits")


class ApiKeys:
    """The keys of one installation.

    All processes share a file with the use of limited keys. Keys without limits do not need it.
    """

    def __init__(
        self,
        keys: Sequence[ApiKey],
        usage: Path,
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
        self._usage_file, self._usage = usage, _open(usage) if limited else None

    @classmethod
    def of(cls, settings: ServeSettings, clock: Callable[[], float] = time.time) -> ApiKeys:
        """The keys of SEVA_API_KEYS, SEVA_API_KEYS_FILE and SEVA_NOTICES_KEY.

        Those of SEVA_API_KEYS have all scopes that need no trust, and no limits: neither notices,
        nor phones, which opens what citizens have at departments. Raises OSError, ValueError.
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
        return cls(keys, settings.var_dir / USAGE_FILE, clock, file)

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

    def spend(self, key: ApiKey, cost: int = 1) -> None:
        """Counts a call. Raises `rate-exceeded` or `quota-exceeded`, with the seconds to wait."""
        if not key.limits:
            return
        if self._usage is None:
            self._usage = _open(self._usage_file)
        now = self._clock()
        with self._usage:
            self._usage.execute("BEGIN IMMEDIATE")
            full = windows.spend(self._usage, key.name, key.limits, now, cost)
        if full is not None:
            name = "quota-exceeded" if full.limit.seconds == DAY else "rate-exceeded"
            raise Problem(name, retry_after=math.ceil(full.left(now)))

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
        """Closes the file of use."""
        if self._usage is not None:
            self._usage.close()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """A mark that changes when the file is written or replaced. None if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _open(path: Path) -> sqlite3.Connection:
    """Opens the file of use. Commits do not wait for the disk; a power cut may lose the last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, _BUSY_S, isolation_level=None, check_same_thread=False)
    write_ahead(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    make_ready(connection, USAGE)
    return connection
