"""The link in a QR code: `<origin>/c/<id>#<base64url of the CWT>`.

What stands behind the `#` never leaves the phone, so no server log learns what a document says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from actions.documents.credential import Claims, Refusal, verify
from actions.documents.document_id import id_to_bytes
from actions.documents.key_set import PublicKey, decode_base64url, encode_base64url


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


def read_link(text: str) -> Link | None:
    """The link that a QR code holds; None if it is not one of ours, whatever the web site."""
    try:
        parts = urlsplit(text)
        origin, _, document_id = f"{parts.scheme}://{parts.netloc}{parts.path}".rpartition("/c/")
        id_to_bytes(document_id)
        link = Link(origin, document_id, decode_base64url(parts.fragment))
    except ValueError:
        return None
    return link if str(link) == text else None


def verify_link(
    text: str, origin: str, keys: Mapping[bytes, PublicKey], at: int
) -> Claims | Refusal:
    """The claims of a genuine QR code of the web site `origin` at the time `at`, or why not."""
    link = read_link(text)
    if link is None:
        return Refusal.MALFORMED
    if link.origin != origin:
        return Refusal.OTHER_DOMAIN
    claims = verify(link.token, keys, at)
    if isinstance(claims, Claims) and claims.id != link.id:
        return Refusal.MALFORMED
    return claims
