"""Seals what a citizen told us before Rasa's tracker stores it, and opens it again.

Slot values hold names, Aadhaar and account numbers. The tracker gets one Fernet token (AES-128-CBC
with HMAC, cryptography.io) instead; only the action server holds the key: SEVA_SEALING_KEY, or a
file made at first use with mode 0600.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

ROOT = Path(__file__).resolve().parents[2]
KEY_FILE = "sealing.key"


def seal(values: Mapping[str, Any] | str | None) -> str | None:
    """A token for a mapping of JSON values or a text; None stays None."""
    if values is None:
        return None
    content = values if isinstance(values, str) else dict(values)
    return _box().encrypt(json.dumps(content, ensure_ascii=False).encode()).decode()


def unseal(token: str | None) -> dict[str, Any] | str | None:
    """What was sealed. A token of another key reads as nothing: the citizen is asked again."""
    if not token:
        return None
    try:
        return json.loads(_box().decrypt(token.encode()))
    except InvalidToken:
        return None


def keyed_hash(text: str, purpose: str) -> str:
    """HMAC-SHA256 as hex: finds a citizen's rows without telling who it is. Hashes of different
    purposes cannot be joined."""
    return hmac.new(_key(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=1)
def _box() -> Fernet:
    return Fernet(_key())


def _key() -> bytes:
    key = os.environ.get("SEVA_SEALING_KEY")
    return key.encode() if key else _key_from_file()


def var_folder() -> Path:
    """Where the action server keeps its files: SEVA_VAR_DIR."""
    return Path(os.environ.get("SEVA_VAR_DIR") or ROOT / "var")


def _key_from_file() -> bytes:
    """The file's key. It is there whole or not at all: who comes second must not read half of it,
    for the same citizen would then have two names."""
    folder = var_folder()
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        handle, new = tempfile.mkstemp(prefix=f"{KEY_FILE}.", dir=folder)  # of mode 0600
        with os.fdopen(handle, "wb") as out:
            out.write(Fernet.generate_key())
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(new, path)
        os.unlink(new)
    return path.read_bytes()
