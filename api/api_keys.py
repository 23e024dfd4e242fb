"""API keys: kept as hashes, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from api.problems import Problem


class ApiKeys:
    """The keys of one installation."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._hashes = [hashlib.sha256(key.encode()).digest() for key in keys]

    def check(self, authorization: str | None) -> None:
        """Raises the problem `unauthorised` unless the header carries one of the keys."""
        scheme, _, key = (authorization or "").partition(" ")
        given = hashlib.sha256(key.strip().encode("utf-8", "surrogateescape")).digest()
        known = False
        for right in self._hashes:
            known |= hmac.compare_digest(given, right)
        if not known or scheme.lower() != "bearer":
            raise Problem("unauthorised")
