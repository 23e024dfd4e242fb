"""API keys with a name: the YAML file that lists them, and how one is made.

The file holds hashes only. A key is 256 random bits, so a plain SHA-256 cannot be guessed back.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, NewType, get_args

import yaml

from nlu.records import Misfit, read_as, read_record, to_record
from nlu.storage.windows import Limit

Scope = Literal["parse", "services", "voice", "conversations", "phones", "notices"]
"""What a key may be for: texts, the catalogue, recordings, a channel of its own, to vouch for the
phone numbers of who writes there, news for citizens."""
SCOPES: tuple[str, ...] = get_args(Scope)
MINUTE, DAY = 60.0, 86400.0
Digest = NewType("Digest", bytes)
Count = NewType("Count", int)


@dataclass(frozen=True)
class ApiKey:
    """One client. `limits` count texts and recordings understood, and calls of `/services`."""

    name: str
    digest: bytes
    """SHA-256 of the key."""
    scopes: frozenset[str]
    expires: date | None = None
    """From the beginning of that day on, in UTC, the key is refused."""
    limits: tuple[Limit, ...] = ()
    has_own_name: bool = True
    """Whether its name is the client's, and not its place in a list."""

    @property
    def owner(self) -> str:
        """Whose conversations they are. A client with a name keeps them when its key is renewed."""
        return f"name {self.name}" if self.has_own_name else f"key {self.client}"

    @property
    def client(self) -> str:
        """Who it is, for what is kept apart for each client."""
        return self.digest.hex()


def digest(key: str) -> bytes:
    """SHA-256."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


@dataclass(frozen=True)
class _Entry:
    """One key as the file writes it; `rate` is for a minute, `quota` for a day."""

    name: str
    sha256: Digest
    scopes: tuple[Scope, ...]
    expires: date | None = None
    rate: Count | None = None
    quota: Count | None = None

    def __post_init__(self) -> None:
        if not self.name or not self.scopes:
            raise Misfit("needs a name and scopes", f"scopes are {', '.join(SCOPES)}")

    def key(self) -> ApiKey:
        limits = tuple(
            Limit(most, seconds)
            for most, seconds in ((self.rate, MINUTE), (self.quota, DAY))
            if most is not None
        )
        return ApiKey(self.name, self.sha256, frozenset(self.scopes), self.expires, limits)


def read_keys_file(path: Path) -> tuple[ApiKey, ...]:
    """The keys in a file. Raises OSError, and ValueError with the line that is wrong."""
    entries = read_record(path, tuple[_Entry, ...], _repeated)
    return tuple(entry.key() for entry in entries)


def _repeated(entries: tuple[_Entry, ...]) -> Iterator[Misfit]:
    for what in ("name", "sha256"):
        if len({getattr(entry, what) for entry in entries}) < len(entries):
            yield Misfit(f"two entries have the same {what}", "give each key an entry of its own")


def new_key(
    name: str, scopes: Sequence[str], expires: date | None, rate: int | None, quota: int | None
) -> tuple[str, str]:
    """A key, and its entry for the file. Raises ValueError where they do not fit."""
    key = f"seva_{secrets.token_urlsafe(32)}"
    entry: dict[str, Any] = {"name": name, "sha256": digest(key).hex(), "scopes": list(scopes)}
    given = {"expires": expires, "rate": rate, "quota": quota}
    entry |= {field: value for field, value in given.items() if value is not None}
    to_record(entry, _Entry)
    return key, yaml.safe_dump([entry], sort_keys=False, allow_unicode=True)


def _digest(value: Any) -> Digest:
    """The value is not repeated in the message: it may be the key itself."""
    try:
        found = bytes.fromhex(value)
    except (TypeError, ValueError):
        found = b""
    if len(found) != hashlib.sha256().digest_size:
        raise Misfit("must be 64 hexadecimal digits in quotes", "`seva api-keys new` writes them")
    return Digest(found)


def _count(value: Any) -> Count:
    if type(value) is not int or value < 1:
        raise Misfit("must be a number from 1", "write digits, or remove the line")
    return Count(value)


read_as(Digest, _digest)
read_as(Count, _count)
