"""The signature under a delivery: HMAC-SHA256 of the raw body with the app's secret."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-Hub-Signature-256"


def sign(body: bytes, secret: str) -> str:
    """The header's value for `body`, as WhatsApp would send it."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, header: str | None, secret: str) -> bool:
    """Whether `header` signs exactly these bytes; takes the same time for every wrong value."""
    if not header or not secret:
        return False
    return hmac.compare_digest(sign(body, secret).encode(), header.strip().lower().encode())
