"""The public keys of departments and when each is good: what a verifier needs to know."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 key of a department; times are Unix seconds, both ends included."""

    kid: bytes
    """8 bytes: the first of SHA-256 over the raw key."""
    raw: bytes
    """32 bytes."""
    department: str
    not_before: int
    not_after: int
    withdrawn_at: int | None = None

    def in_force(self, at: int) -> bool:
        """Whether it may sign at this time; a withdrawn key never may."""
        return self.withdrawn_at is None and self.not_before <= at <= self.not_after

    def published(self) -> dict[str, Any]:
        """As `GET /keys.json` shows it."""
        facts = {name: value for name, value in asdict(self).items() if name not in ("kid", "raw")}
        return {"kid": self.kid.hex(), "x": encode_base64url(self.raw), **facts}

    @classmethod
    def read(cls, published: Mapping[str, Any]) -> PublicKey:
        """The key that `published` gave. Raises ValueError if the kid is not that of the key."""
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
    """The name of a raw public key."""
    return hashlib.sha256(raw).digest()[:8]


def key_set(
    keys: Iterable[PublicKey], origin: str, at: int, witnesses: Iterable[str] = ()
) -> dict[str, Any]:
    """The document at `GET /keys.json`, published by `origin` at the time `at`.

    `witnesses`: verifier keys of the log's witnesses (C2SP signed-note).
    """
    rows = [key.published() for key in keys]
    return {"keys": rows, "witnesses": [*witnesses], "fetched_for": origin, "issued_at": at}


def encode_base64url(raw: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """The bytes of `encode_base64url`. Raises ValueError for any other spelling of them."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if encode_base64url(raw) != text:
        raise ValueError("not canonical base64url")
    return raw
