"""Whether the keys at hand open what is sealed: a few rows of each store, the oldest and newest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from nlu.doctor.check import Finding, NotLooked
from nlu.storage.keys import Keys, Place, read_keys
from nlu.storage.read_only import read_only


@dataclass(frozen=True)
class Sealed:
    """A column of tokens in a table of a SQLite file; `mark` is its column of unreadable rows."""

    name: str
    path: Path
    table: str
    key: str
    column: str
    mark: str = ""


def keys_at(place: Place) -> Keys | None:
    """The keys; None where there are none yet, for the first process makes them and we do not.
    Raises ValueError, OSError."""
    return read_keys(place) if place.given or place.file.exists() else None


def look_at(place: Place, stores: Sequence[Sealed], rows: int) -> Iterator[Finding]:
    """Findings about the keys of a place and the stores that they seal. Raises NotLooked."""
    tokens = {store: [*_tokens(store, rows)] for store in stores if store.path.is_file()}
    sealed = [store.name for store, found in tokens.items() if found]
    try:
        keys = keys_at(place)
    except (ValueError, OSError) as error:
        told = str(error) if isinstance(error, ValueError) else f"{place.name} cannot be read"
        yield Finding(
            "critical",
            told,
            "no process starts, and nothing that citizens told can be opened",
            f"put the key that was there back into {place.name}, from your backup",
        )
        return
    if keys is None:
        if not sealed:
            raise NotLooked("there is no key yet, and nothing is sealed")
        yield Finding(
            "critical",
            f"there is no sealing key, although {', '.join(sealed)} are sealed",
            f"the next start makes a new key, and nothing opens what citizens told before; neither "
            f"{place.variable} nor {place.file} is there",
            f"put {place.file} or {place.variable} back before anything is started",
        )
        return
    yield from _opened(place, keys, tokens)


def _opened(place: Place, keys: Keys, tokens: dict[Sealed, list[str]]) -> Iterator[Finding]:
    box = MultiFernet([Fernet(key) for key in keys.sealing])
    closed = {store: sum(not _opens(box, one) for one in found) for store, found in tokens.items()}
    if any(closed.values()):
        told = ", ".join(
            f"{closed[store]} of {len(found)} {store.name}"
            for store, found in tokens.items()
            if closed[store]
        )
        yield Finding(
            "critical",
            f"no key in {place.name} opens {told} (oldest and newest rows)",
            "they were sealed by another key: their citizens wait, or are asked for all again",
            _lost(place, [one for found in tokens.values() for one in found]),
        )
        return
    newest = Fernet(keys.sealing[0])
    if any(not _opens(newest, one) for found in tokens.values() for one in found):
        yield Finding(
            "notice",
            "an older sealing key is still needed",
            f"where it goes lost from {place.name}, rows go lost with it",
            "`seva keys reseal`, then `seva keys drop`",
        )


def _lost(place: Place, tokens: Sequence[str]) -> str:
    """What to do; the file beside is the usual place of a key that a variable hides."""
    with suppress(ValueError, OSError):
        if place.given and place.file.exists():
            beside = read_keys(Place("", "", place.file)).sealing
            box = MultiFernet([Fernet(key) for key in beside])
            if any(_opens(box, one) for one in tokens):
                return f"{place.file} has the key: add it behind the others in {place.variable}"
    return f"put the key that is missing behind the others in {place.name}; `seva keys check`"


def _opens(box: Fernet | MultiFernet, token: str) -> bool:
    try:
        box.decrypt(token.encode())
    except (InvalidToken, UnicodeEncodeError):
        return False
    return True


def _tokens(store: Sealed, rows: int) -> Iterator[str]:
    """The first and the last by the key of the table; none where the table is not there."""
    with suppress(sqlite3.Error), read_only(store.path) as db:
        seen: dict[str, str] = {}
        for order in ("ASC", "DESC"):
            found = db.execute(
                f"SELECT CAST({store.key} AS TEXT) AS name, {store.column} AS token "
                f"FROM {store.table} WHERE {store.column} != '' "
                f"ORDER BY {store.key} {order} LIMIT ?",
                (max(1, rows // 2),),
            )
            seen |= {str(row["name"]): str(row["token"]) for row in found}
        yield from seen.values()
