"""Seals what documents say, for the registry: Fernet (AES-128-CBC with HMAC, cryptography.io)."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from actions.transparency.durable import locked, replace_file, sync_folder

VARIABLE = "SEVA_DOCUMENTS_SEALING_KEY"


class Sealer:
    """Seals mappings, opens them again, and stands keyed hashes in for private values."""

    def __init__(self, key: bytes) -> None:
        self._box = Fernet(key)
        self._hash_key = hmac.new(key, b"fingerprint", hashlib.sha256).digest()

    @classmethod
    def open(cls, folder: Path) -> Sealer:
        """With the key of the environment, or that of `folder`, made at first use (mode 0600)."""
        given = os.environ.get(VARIABLE)
        if given:
            return cls(given.encode())
        path = folder / "sealing.key"
        with locked(folder / ".lock"):
            if not path.exists():
                replace_file(path, Fernet.generate_key(), mode=0o600)
                sync_folder(folder)
        return cls(path.read_bytes())

    def seal(self, content: Mapping[str, Any]) -> str:
        """A token that only the key opens."""
        return self._box.encrypt(json.dumps(content, ensure_ascii=False).encode()).decode()

    def unseal(self, token: str) -> dict[str, Any]:
        """What was sealed. Raises InvalidToken for a token of another key."""
        found: dict[str, Any] = json.loads(self._box.decrypt(token.encode()))
        return found

    def fingerprint(self, content: bytes) -> str:
        """A keyed hash: equal for equal content, and of no use to who lacks the key."""
        return hmac.new(self._hash_key, content, hashlib.sha256).hexdigest()
