"""What a QR code that a citizen sent is: a document of ours as it was issued, an altered one, or
none of ours.

The verification page works without us, so it checks signatures. Here the office itself is asked:
its registry holds each document as it was signed, and any other text under its id was altered.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from actions.documents.issuer import Issuer

REAL, ALTERED, NOT_OURS, VOID, REPLACED, RUN_OUT, UNKNOWN = (
    *("real", "altered", "not_ours", "void", "replaced", "run_out"),
    "unknown",
)


@dataclass(frozen=True)
class Checked:
    """What was found: one of the words above, and what may be said of it. `url` is the checker's
    page for it, `title` the kind of document, `reason` why it is void, `values` what its code
    signs, beside the names; all words by language."""

    found: str
    url: str
    id: str = ""
    title: Mapping[str, str] = field(default_factory=dict)
    reason: Mapping[str, str] = field(default_factory=dict)
    values: tuple[tuple[Mapping[str, str], str], ...] = ()


def check(issuer: Issuer, code: str, now: float | None = None) -> Checked:
    """What the text of a QR code is. Raises NotRecorded where the registry cannot be read."""
    from actions.documents.credential import grouped
    from actions.documents.form import load_form
    from actions.documents.registry import revocations

    origin, document_id, token = _parts(code)
    if origin != issuer.public_url:
        return Checked(NOT_OURS, issuer.public_url)
    document = issuer.registry.by_id(document_id)
    if document is None or document.state == "pending":
        return Checked(UNKNOWN, issuer.public_url)
    contents = issuer.contents(document_id)
    if contents.cwt != token:
        return Checked(ALTERED, issuer.public_url, grouped(document_id))
    found = REAL
    withdrawn = {one.kid.hex() for one in issuer.keys.public_keys() if one.withdrawn_at is not None}
    at = time.time() if now is None else now
    if document.state == "replaced":
        found = REPLACED
    elif document.state == "revoked" or document.kid in withdrawn:
        found = VOID
    elif document.expires_at is not None and at > document.expires_at:
        found = RUN_OUT
    reason = revocations().get(document.reason or "", {})
    form = load_form(document.form)
    values = tuple((form.labels[name], contents.values[name]) for name in form.signed)
    return Checked(found, code, grouped(document_id), form.title, reason, values)


def _parts(code: str) -> tuple[str, str, bytes]:
    """Web site, id and signed content of a link; empty where it is none."""
    from actions.documents.keys import decode_base64url

    try:
        parts = urlsplit(code)
        origin, found, document_id = f"{parts.scheme}://{parts.netloc}{parts.path}".rpartition(
            "/c/"
        )
        return (origin, document_id, decode_base64url(parts.fragment)) if found else ("", "", b"")
    except ValueError:
        return "", "", b""
