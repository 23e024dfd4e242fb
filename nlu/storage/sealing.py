"""Seals what citizens told us before it is stored, and opens it again.

Tokens are Fernet's (AES-128-CBC with HMAC, cryptography.io). The newest key seals and every key
opens (`nlu.storage.keys`); a process that runs on takes up a changed key file by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from nlu.log import get_logger
from nlu.storage.keys import Keys, Place, key_place, read_keys

_LOG = get_logger(__name__)
_LOOKS_EVERY = 2.0
"""Seconds, at most, until a process seals with a key that was put first in the file."""
NOTICED_AFTER = 10 * _LOOKS_EVERY
"""Seconds after which every process that runs surely does."""
_TOKEN = re.compile(r"gAAAA[A-Za-z0-9_-]{90,}={0,2}")
Why = Literal["key", "version", "form"]


class Unreadable(Exception):
    """What is stored cannot be read now: no key opens it, a newer Seva wrote it, or it is not in
    the form that was expected. It stays as it is, for it may be readable again."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def seal(value: Any, version: int = 1, place: Place | None = None) -> str:
    """A token for a JSON value. `version` is that of its form: raise it when older code could not
    read what is sealed now. `place` has the keys, here and below: None is `key_place`."""
    content = json.dumps([version, value], ensure_ascii=False)
    # Half a surrogate pair may come in a citizen's text; `json.loads` takes it back as well.
    return _keyring(place).box.encrypt(content.encode("utf-8", "surrogatepass")).decode()


def unseal(token: str, version: int = 1, place: Place | None = None) -> Any:
    """What was sealed, in a form of at most `version`. Raises Unreadable."""
    try:
        found = json.loads(_opened(token, place))
    except ValueError:
        raise Unreadable("form") from None
    if not isinstance(found, list):  # sealed before forms were numbered
        return found
    if len(found) != 2 or not isinstance(found[0], int):
        raise Unreadable("form")
    if found[0] > version:
        raise Unreadable("version")
    return found[1]


def reseal(text: str, place: Place | None = None) -> str:
    """The text with each token in it sealed by the newest key; the same text where they all are.

    Raises Unreadable where no key opens one of them.
    """
    newest = _keyring(place, afresh=True).newest

    def again(match: re.Match[str]) -> str:
        try:
            newest.decrypt(match[0].encode())
        except InvalidToken:
            return newest.encrypt(_opened(match[0], place)).decode()
        return match[0]

    return _TOKEN.sub(again, text)


def keyed_hash(text: str, purpose: str, place: Place | None = None) -> str:
    """HMAC-SHA256 as hex: finds a citizen's rows without telling who it is. The same whatever
    becomes of the sealing keys; hashes of different purposes cannot be joined."""
    key = _keyring(place).keys.hashing.encode()
    return hmac.new(key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


@dataclass
class _Keyring:
    """`kept` are keys that this process knew and that are there no longer: they open, last of all,
    and seal nothing. A file may be replaced by mistake, and what it sealed is still owed."""

    place: Place
    stamp: tuple[int, int, int] | None
    keys: Keys
    looked_at: float
    kept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        boxes = [Fernet(key) for key in (*self.keys.sealing, *self.kept)]
        self.newest, self.box = boxes[0], MultiFernet(boxes)

    def lost(self, now: Keys) -> tuple[str, ...]:
        """What this process knows and `now` lacks."""
        return tuple(key for key in (*self.keys.sealing, *self.kept) if key not in now.sealing)


_LOCK = threading.Lock()
_known: dict[Path, _Keyring] = {}


def _opened(token: str, place: Place | None) -> bytes:
    """Looks at the key file once more before it gives up. Raises Unreadable."""
    for afresh in (False, True):
        try:
            return _keyring(place, afresh=afresh).box.decrypt(token.encode())
        except InvalidToken:
            continue
    raise Unreadable("key" if _TOKEN.fullmatch(token) else "form")


def _keyring(place: Place | None = None, *, afresh: bool = False) -> _Keyring:
    """The keys as they are now, or were a moment ago. Raises ValueError, OSError where there were
    none yet; keys that a process has it keeps to its end, whatever becomes of their file."""
    place, now = place or key_place(), time.monotonic()
    with _LOCK:
        known = _known.get(place.file)
        if known is not None and known.place != place:
            known = None
        if known is not None:
            if not place.changeable or not (afresh or now - known.looked_at >= _LOOKS_EVERY):
                return known
            known.looked_at = now
            if place.stamp() in (known.stamp, None):
                return known
        stamp = place.stamp()
        try:
            keys = read_keys(place)
        except (ValueError, OSError) as error:
            if known is None:
                raise
            _LOG.error("sealing_keys", error=str(error))
            return known
        # A file that was made just now has no stamp yet: it is looked at again.
        kept = known.lost(keys) if known is not None else ()
        _known[place.file] = _Keyring(place, stamp, keys, now, kept)
        return _known[place.file]
