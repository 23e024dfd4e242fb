"""API keys with a name: the YAML file that lists them, and how one is made.

The file holds hashes only. A key is 256 random bits, so a plain SHA-256 cannot be guessed back.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from nlu.fast_yaml import load_yaml
from nlu.storage.windows import Limit

SCOPES = ("parse", "services", "voice", "notices")
"""What a key may be for: texts, the catalogue, recordings, news for citizens."""
MINUTE, DAY = 60.0, 86400.0
_FIELDS = {"name", "sha256", "scopes", "expires", "rate", "quota"}


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

    @property
    def client(self) -> str:
        """Who it is, for what is kept apart for each client."""
        return self.digest.hex()


def digest(key: str) -> bytes:
    """SHA-256."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def read_keys_file(path: Path) -> tuple[ApiKey, ...]:
    """The keys in a file. Raises OSError, and ValueError with the entry that is wrong."""
    try:
        entries = load_yaml(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ValueError("is no YAML") from None
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ValueError("must be a list of keys")
    keys = tuple(_read(number, entry) for number, entry in enumerate(entries, 1))
    for what, values in (("name", [k.name for k in keys]), ("sha256", [k.digest for k in keys])):
        if len(set(values)) < len(values):
            raise ValueError(f"two entries have the same {what}")
    return keys


def new_key(
    name: str, scopes: Sequence[str], expires: date | None, rate: int | None, quota: int | None
) -> tuple[str, str]:
    """A key, and its entry for the file. Raises ValueError where they do not fit."""
    key = f"seva_{secrets.token_urlsafe(32)}"
    entry: dict[str, Any] = {"name": name, "sha256": digest(key).hex(), "scopes": list(scopes)}
    given = {"expires": expires, "rate": rate, "quota": quota}
    entry |= {field: value for field, value in given.items() if value is not None}
    _read(1, entry)
    return key, yaml.safe_dump([entry], sort_keys=False, allow_unicode=True)


def _read(number: int, entry: Mapping[str, Any]) -> ApiKey:
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError(f"entry {number} has no name")
    unknown = sorted(str(field) for field in set(entry) - _FIELDS)
    if unknown:
        raise ValueError(f"{name} has no {', '.join(unknown)}: {', '.join(sorted(_FIELDS))}")
    scopes = entry.get("scopes")
    if not isinstance(scopes, list) or not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"{name}: scopes must be some of {', '.join(SCOPES)}")
    expires = entry.get("expires")
    if not (expires is None or type(expires) is date):
        raise ValueError(f"{name}: expires must be a day such as 2027-03-31")
    limits = tuple(
        Limit(_number(name, field, entry[field]), seconds)
        for field, seconds in (("rate", MINUTE), ("quota", DAY))
        if field in entry
    )
    return ApiKey(name, _hash(name, entry.get("sha256")), frozenset(scopes), expires, limits)


def _hash(name: str, value: Any) -> bytes:
    try:
        found = bytes.fromhex(value)
    except (TypeError, ValueError):
        found = b""
    if len(found) != hashlib.sha256().digest_size:
        raise ValueError(f"{name}: sha256 must be 64 hexadecimal digits")
    return found


def _number(name: str, field: str, value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{name}: {field} must be a number from 1")
    return value
