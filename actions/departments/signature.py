"""Signs and checks HTTP requests with a shared secret: HMAC-SHA-256 over a canonical text.

The text is, one a line: method, path as sent, query sorted by name and value, SHA-256 of the body
in hex, timestamp (whole seconds since 1970), nonce. Used for calls to a department and for its
callbacks to us.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from actions.departments.credentials import SigningKey

Clock = Callable[[], float]
Refusal = Literal["unsigned", "key", "signature", "timestamp", "replay"]
"""Why a signed request is not believed; `replay` is decided by who remembers the nonces."""


@dataclass(frozen=True)
class Signed:
    """What a signature covers."""

    method: str
    path: str
    query: str
    body: bytes
    timestamp: str
    nonce: str

    def text(self) -> bytes:
        """The canonical text."""
        # Latin-1 stands for the bytes: every byte comes back out as it went in.
        pairs = sorted(parse_qsl(self.query, keep_blank_values=True, encoding="latin-1"))
        lines = (
            self.method.upper(),
            self.path,
            urlencode(pairs, encoding="latin-1"),
            hashlib.sha256(self.body).hexdigest(),
            self.timestamp,
            self.nonce,
        )
        return "\n".join(lines).encode()

    def signature(self, key: SigningKey) -> str:
        """The signature in hex."""
        return hmac.new(key.secret.encode(), self.text(), hashlib.sha256).hexdigest()


def signature_headers(
    key: SigningKey,
    method: str,
    path: str,
    query: str,
    body: bytes,
    clock: Clock = time.time,
) -> dict[str, str]:
    """The headers that sign a request sent now; a new nonce each time."""
    signed = Signed(method, path, query, body, str(int(clock())), secrets.token_hex(16))
    return {
        key.headers.key_id: key.key_id,
        key.headers.timestamp: signed.timestamp,
        key.headers.nonce: signed.nonce,
        key.headers.signature: signed.signature(key),
    }


def refusal(
    key: SigningKey,
    method: str,
    path: str,
    query: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    max_age: float,
    now: float,
) -> Refusal | None:
    """Why a received request is not believed, or None. `max_age`: seconds, before and after now."""
    names = key.headers
    low = {name.lower(): value for name, value in headers.items()}
    given = {
        n: low.get(n.lower(), "")
        for n in (names.signature, names.key_id, names.timestamp, names.nonce)
    }
    if not all(given.values()):
        return "unsigned"
    if not _same(given[names.key_id], key.key_id):
        return "key"
    stamp = given[names.timestamp]
    signed = Signed(method, path, query, body, stamp, given[names.nonce])
    if not _same(given[names.signature], signed.signature(key)):
        return "signature"
    if not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp)) > max_age:
        return "timestamp"
    return None


def _same(given: str, right: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())
