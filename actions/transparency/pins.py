"""Keys of others, kept as they were at first sight, so that a changed one is noticed."""

from __future__ import annotations

import json
from pathlib import Path

from actions.transparency.durable import replace_file
from actions.transparency.note import NoteError, Verifier
from actions.transparency.reader import read_text
from actions.transparency.source import Source, Unreachable


def key_at(source: Source) -> Verifier:
    """The key that a log or witness shows. Raises Unreachable, NoteError."""
    text = read_text(source, "key")
    if text is None:
        raise Unreachable("it shows no key")
    return Verifier.parse(text)


class Pins:
    """Keys by address, in one file."""

    def __init__(self, path: Path) -> None:
        """Raises NoteError where the file is damaged."""
        self._path = path
        try:
            raw = json.loads(path.read_text("utf-8")) if path.exists() else {}
            self._keys = {where: Verifier.parse(key) for where, key in raw.items()}
        except (ValueError, AttributeError) as error:
            raise NoteError(f"{path} is damaged") from error

    def of(self, where: str, source: Source) -> Verifier:
        """The key known for an address; at first sight the one that it shows. As `key_at`."""
        if where not in self._keys:
            self.pin(where, key_at(source))
        return self._keys[where]

    def known(self, where: str) -> Verifier | None:
        """The key, None where the address is new."""
        return self._keys.get(where)

    def pin(self, where: str, key: Verifier) -> None:
        """Keeps a key."""
        self._keys[where] = key
        self._path.parent.mkdir(parents=True, exist_ok=True)
        raw = {at: str(known) for at, known in self._keys.items()}
        replace_file(self._path, json.dumps(raw, indent=2).encode())
