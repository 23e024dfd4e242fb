"""The link in a QR code: `<origin>/c/<id>#<base64url of the CWT>`.

What stands behind the `#` never leaves the phone, so no server log learns what a document says.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from actions.documents.key_set import encode_base64url


@dataclass(frozen=True)
class Link:
    """A document's id and CWT with the web site that vouches for it."""

    origin: str
    """Scheme, host and port, without a slash at the end."""
    id: str
    token: bytes

    def __str__(self) -> str:
        return f"{self.origin}/c/{self.id}#{encode_base64url(self.token)}"

    @property
    def domain(self) -> str:
        """What a clerk compares with the browser's address line."""
        return urlsplit(self.origin).netloc
