"""Keys of departments: public keys that verifiers need, and the ring of private keys.

A key counts once it is published; its private half is kept before. That of a withdrawn key is
deleted. Where they lie is said by `key_store`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import regex
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actions.documents.key_store import KeyStore
from actions.transparency.key_events import Act, KeyEvent
from nlu.records import read_record

_DAY = 86400
_DEPARTMENT = regex.compile(r"[a-z][a-z0-9_]{1,62}")


@dataclass(frozen=True)
class PublicKey:
    """The public Ed25519 key of a department. Times are Unix seconds; both ends are included."""

    kid: bytes
    """The first 8 bytes of SHA-256 over the raw key."""
    raw: bytes
    """32 bytes."""
    department: str
    not_before: int
    not_after: int
    withdrawn_at: int | None = None

    def in_force(self, at: int) -> bool:
        """Whether it may sign at this time. A withdrawn key may never sign."""
        return self.withdrawn_at is None and self.not_before <= at <= self.not_after

    def published(self) -> dict[str, Any]:
        """The key as `GET /keys.json` shows it."""
        facts = {name: value for name, value in asdict(self).items() if name not in ("kid", "raw")}
        return {"kid": self.kid.hex(), "x": encode_base64url(self.raw), **facts}

    @classmethod
    def read(cls, published: Mapping[str, Any]) -> PublicKey:
        """Reads what `published` gave. Raises ValueError if the kid does not belong to the key."""
        raw = decode_base64url(published["x"])
        if len(raw) != 32 or kid_of(raw).hex() != published["kid"]:
            raise ValueError(f"{published['kid']}: not the kid of its key")
        return cls(
            kid=kid_of(raw),
            raw=raw,
            department=published["department"],
            not_before=published["not_before"],
            not_after=published["not_after"],
            withdrawn_at=published["withdrawn_at"],
        )


def kid_of(raw: bytes) -> bytes:
    """The key id (kid) of a raw public key."""
    return hashlib.sha256(raw).digest()[:8]


def key_set(
    keys: Iterable[PublicKey], origin: str, at: int, witnesses: Iterable[str] = ()
) -> dict[str, Any]:
    """The answer of `GET /keys.json`; `origin` publishes it at the time `at`.

    `witnesses` are the verifier keys of the log's witnesses (C2SP signed-note).
    """
    rows = [key.published() for key in keys]
    return {"keys": rows, "witnesses": [*witnesses], "fetched_for": origin, "issued_at": at}


def encode_base64url(raw: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Decodes what `encode_base64url` wrote. Raises ValueError for any other spelling."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if encode_base64url(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


class NoKey(LookupError):
    """There is no such key, or no key of the department may sign now."""


@dataclass(frozen=True)
class SigningKey:
    """A private key and what is published about it."""

    public: PublicKey
    private: Ed25519PrivateKey


@dataclass(frozen=True)
class Rotation:
    """The times of a rotation, in days (`keys.yml`)."""

    lifetime_days: int
    published_ahead_days: int
    overlap_days: int

    @classmethod
    def load(cls) -> Rotation:
        """Reads the times from `keys.yml`."""
        return read_record(Path(__file__).with_name("keys.yml"), cls)


class KeyRing:
    """All keys in a store. Processes may share it, because nothing is kept in memory."""

    def __init__(
        self,
        store: KeyStore,
        rotation: Rotation | None = None,
        announce: Callable[[bytes], object] | None = None,
    ) -> None:
        """`announce` appends an entry to the log. A key counts only once its entry is there."""
        self._store, self._announce = store, announce
        self._rotation = rotation or Rotation.load()

    def public_keys(self) -> list[PublicKey]:
        """Every key of all times, by department and age. Old documents need old keys."""
        keys = [PublicKey.read(facts) for facts in self._store.published()]
        return sorted(keys, key=lambda key: (key.department, key.not_before, key.kid))

    def signing_key(self, department: str, at: int, *, make: bool = False) -> SigningKey:
        """The newest key in force. If there is none, `make` makes one; else this raises NoKey."""
        newest = self._newest(department, at)
        if newest is None and make:
            with self._store.alone():
                newest = self._newest(department, at) or self._new(department, at)
        if newest is None:
            raise NoKey(f"no key of {department} is in force")
        pem = self._store.private(newest.published())
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise NoKey(f"{newest.kid.hex()} is not an Ed25519 key")
        return SigningKey(newest, private)

    def rotate(self, department: str, at: int, *, at_once: bool = False) -> PublicKey:
        """Makes a new key. The old one signs until the new one has been published long enough."""
        with self._store.alone():
            current = self._newest(department, at)
            ahead = 0 if at_once or current is None else self._rotation.published_ahead_days * _DAY
            begins = at + ahead
            made = self._new(department, begins)
            until = begins + self._rotation.overlap_days * _DAY
            for old in self.public_keys():
                goes_on = old.not_before < begins and old.not_after > until
                if old.department == department and old.kid != made.kid and goes_on:
                    self._store.publish(replace(old, not_after=until).published())
            return made

    def withdraw(self, kid: str, at: int) -> PublicKey:
        """Withdraws a stolen key and deletes its private half. Raises NoKey.

        Verifiers then refuse everything that it signed.
        """
        with self._store.alone():
            known = {key.kid.hex(): key for key in self.public_keys()}
            if kid not in known:
                raise NoKey(f"there is no key {kid}")
            key = known[kid]
            if key.withdrawn_at is None:
                key = replace(key, withdrawn_at=at)
                self._log(Act.WITHDRAWN, key)
                self._store.publish(key.published())
            self._store.drop_private(key.published())
            return key

    def announce(self, key: PublicKey) -> None:
        """Puts a key into the log that was made before keys were logged."""
        self._log(Act.NEW, key)

    def _newest(self, department: str, at: int) -> PublicKey | None:
        here = self._store.private_kids()
        usable = [
            key
            for key in self.public_keys()
            if key.department == department and key.in_force(at) and key.kid.hex() in here
        ]
        return usable[-1] if usable else None

    def _new(self, department: str, begins: int) -> PublicKey:
        if not _DEPARTMENT.fullmatch(department):
            raise ValueError(f"not the id of a department: {department}")
        private = Ed25519PrivateKey.generate()
        raw = private.public_key().public_bytes_raw()
        ends = begins + self._rotation.lifetime_days * _DAY
        key = PublicKey(kid_of(raw), raw, department, begins, ends)
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._store.keep_private(key.published(), pem)
        self._log(Act.NEW, key)
        self._store.publish(key.published())
        return key

    def _log(self, act: Act, key: PublicKey) -> None:
        """Logs an event before the key counts: an entry without a key is harmless."""
        if self._announce is not None:
            self._announce(KeyEvent(act, **key.published()).entry())
