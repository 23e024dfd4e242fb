"""The keys of sealing: where they are, and how one follows another.

The first key seals, all of them open. They are in SEVA_SEALING_KEY, or in the file `sealing.key` of
SEVA_VAR_DIR, which is made at first use. A key of its own hashes: rows are found by what it makes
of a citizen, so it stays when the others go. Issued documents have keys of their own in their
folder, for the process that shows them to the world must open nothing else.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet

from nlu.paths import var_folder
from nlu.storage.private_file import put_private

VARIABLE, HASHING_VARIABLE = "SEVA_SEALING_KEY", "SEVA_HASHING_KEY"
KEY_FILE, HASHING_FILE = "sealing.key", "hashing.key"


@dataclass(frozen=True)
class Keys:
    """Keys of Fernet, newest first."""

    sealing: tuple[str, ...]
    hashing: str
    """The oldest sealing key where there is no other: what was first stays first."""


@dataclass(frozen=True)
class Place:
    """Where keys are; equal places hold equal keys until the file is changed."""

    given: str
    """What `variable` holds; empty: the file."""
    given_hashing: str
    file: Path
    variable: str = VARIABLE

    @property
    def name(self) -> str:
        """As an operator knows it."""
        return self.variable if self.given else str(self.file)

    @property
    def hashing_file(self) -> Path:
        """The key that hashes, once it is not the oldest of those that seal."""
        return self.file.with_name(HASHING_FILE)

    @property
    def changeable(self) -> bool:
        """Whether a running process may find other keys here."""
        return not self.given

    def stamp(self) -> tuple[int, int, int] | None:
        """Another one once the file was changed; None where it is not there."""
        try:
            found = self.file.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def key_place() -> Place:
    """As the environment says now."""
    env = os.environ
    given = env.get(VARIABLE, "").strip(), env.get(HASHING_VARIABLE, "").strip()
    return Place(*given, var_folder() / KEY_FILE)


def check_keys() -> None:
    """Raises ValueError, which names the variable or the file, for keys that cannot be used."""
    read_keys(key_place())


def read_keys(place: Place) -> Keys:
    """The keys of a place; makes the file where there is none. Raises ValueError, OSError."""
    if place.given:
        sealing = _checked(place.given.split(","), place.variable)
    else:
        if not place.file.exists():
            _make_first(place.file)
        sealing = _checked(place.file.read_bytes().decode("ascii", "replace").split(), place.name)
    hashing = sealing[-1]
    kept = place.hashing_file
    if place.given_hashing:
        (hashing,) = _checked([place.given_hashing], HASHING_VARIABLE)
    elif kept.exists():
        (hashing,) = _checked([kept.read_bytes().decode("ascii", "replace")], str(kept))
    return Keys(sealing, hashing)


def new_key() -> str:
    """One that nobody had before."""
    return Fernet.generate_key().decode()


def add_key(place: Place) -> Keys:
    """Puts a new key first in the file; the key that hashes stays. Raises ValueError, OSError."""
    with _alone(place.file.parent):
        keep_hashing(place)
        return _written(place, [new_key(), *read_keys(place).sealing])


def drop_keys(place: Place) -> Keys:
    """Leaves the newest key alone in the file. Raises ValueError, OSError.

    What an older one sealed is lost: the caller knows that there is nothing.
    """
    with _alone(place.file.parent):
        keep_hashing(place)
        return _written(place, read_keys(place).sealing[:1])


def keep_hashing(place: Place) -> None:
    """From now on the key that hashes is in its own file, or variable, and no longer the oldest of
    those that seal."""
    if not place.given_hashing:
        with suppress(FileExistsError):
            hashing = f"{read_keys(place).hashing}\n".encode()
            put_private(place.hashing_file, hashing, replace=False)


def key_name(key: str) -> str:
    """Tells keys apart without telling them."""
    return sha256(f"name:{key}".encode()).hexdigest()[:8]


def _checked(found: Sequence[str], where: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in found if key.strip())
    if not keys:
        raise ValueError(f"{where} holds no key: `seva keys make` makes one")
    for number, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError:
            which = f"key {number} of {len(keys)} in {where}" if len(keys) > 1 else where
            raise ValueError(
                f"{which} is no sealing key (32 bytes, base64): `seva keys make` makes one"
            ) from None
    return keys


def _make_first(path: Path) -> None:
    """The file is there whole or not at all: who comes second must not read half of it, for the
    same citizen would then have two names."""
    with suppress(FileExistsError):
        put_private(path, new_key().encode(), replace=False)


def _written(place: Place, sealing: Sequence[str]) -> Keys:
    put_private(place.file, "".join(f"{key}\n" for key in sealing).encode(), replace=True)
    return read_keys(place)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No two processes change keys at once: the slower would take the other's new key away."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
