"""Reads and verifies what a QR code holds, as the page does in a browser.

The product only signs. The numbers of a CWT stand here once more, so that a change of what is
signed is seen. What is not exactly of the form is refused: one document has one encoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cwt import COSE, COSEKey
from cwt.exceptions import VerifyError

from actions.documents.credential import BYTES, Claims, Link, id_from_bytes, id_to_bytes
from actions.documents.keys import KeyRing, PublicKey, decode_base64url
from tests.documents.field_reader import long_field

LONGEST = 2048
"""Bytes of a CWT; no QR code holds more."""
TAG, ALG, KID, EDDSA = 18, 1, 4, -8
ISS, EXP, IAT, CTI = 1, 4, 6, 7
FORM, FIELDS, DIGEST = -70001, -70002, -70003


class Refusal(Enum):
    """Why a document is not taken as genuine."""

    MALFORMED = "malformed"
    OTHER_DOMAIN = "other_domain"
    UNKNOWN_KEY = "unknown_key"
    WRONG_SIGNATURE = "wrong_signature"
    OTHER_DEPARTMENT = "other_department"
    KEY_WITHDRAWN = "key_withdrawn"
    KEY_NOT_YET_GOOD = "key_not_yet_good"
    KEY_NO_LONGER_GOOD = "key_no_longer_good"
    RUN_OUT = "run_out"


@dataclass(frozen=True)
class Credential:
    """What a CWT says, not yet verified."""

    kid: bytes
    claims: Claims


def by_kid(ring: KeyRing) -> dict[bytes, PublicKey]:
    """The public keys of a ring, for looking up."""
    return {key.kid: key for key in ring.public_keys()}


def published_keys(document: Mapping[str, Any]) -> dict[bytes, PublicKey]:
    """The same from a `keys.json`. Raises ValueError or KeyError if it is broken."""
    return {key.kid: key for key in map(PublicKey.read, document["keys"])}


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


def verify(token: bytes, keys: Mapping[bytes, PublicKey], at: int) -> Claims | Refusal:
    """The claims of a genuine document at the time `at`, or why it is refused.

    `keys` is a published key set by kid. Says nothing about revocation: that is the status.
    """
    found = read(token)
    if found is None:
        return Refusal.MALFORMED
    key = keys.get(found.kid)
    if key is None:
        return Refusal.UNKNOWN_KEY
    cose_key = COSEKey.new({1: 1, -1: 6, 2: key.kid, 3: EDDSA, -2: key.raw})
    try:
        COSE.new(verify_kid=True).decode(token, cose_key)
    except VerifyError:
        return Refusal.WRONG_SIGNATURE
    return _refused_by_rules(found.claims, key, at) or found.claims


def read(token: bytes) -> Credential | None:
    """What a CWT claims; None if it is not exactly of our form."""
    if len(token) > LONGEST:
        return None
    try:
        message = _strict(token)
        protected, unprotected, payload, signature = message.value
        header, claims = _strict(protected), _strict(payload)
    except Exception:  # cbor2 raises many kinds on hostile input, down to RecursionError
        return None
    exact = (
        message.tag == TAG
        and unprotected == {}
        and isinstance(signature, bytes)
        and isinstance(header, dict)
        and header.keys() == {ALG, KID}
        and header[ALG] == EDDSA
        and _is_bytes(header[KID], 8)
    )
    found = _claims(claims) if exact else None
    return Credential(header[KID], found) if found else None


def _refused_by_rules(claims: Claims, key: PublicKey, at: int) -> Refusal | None:
    if key.department != claims.issuer:
        return Refusal.OTHER_DEPARTMENT
    if key.withdrawn_at is not None:  # for every date: a thief writes any date
        return Refusal.KEY_WITHDRAWN
    if claims.issued_at < key.not_before:
        return Refusal.KEY_NOT_YET_GOOD
    if claims.issued_at > key.not_after:
        return Refusal.KEY_NO_LONGER_GOOD
    if claims.expires_at is not None and at > claims.expires_at:
        return Refusal.RUN_OUT
    return None


def _strict(raw: bytes) -> Any:
    """The value of deterministic CBOR. Raises ValueError for any other encoding of it."""
    value = cbor2.loads(raw)
    if cbor2.dumps(value, canonical=True) != raw:
        raise ValueError("not deterministic CBOR")
    return value


def _claims(raw: Any) -> Claims | None:
    required = {ISS, IAT, CTI, FORM, FIELDS, DIGEST}
    if not isinstance(raw, dict) or raw.keys() - {EXP} != required:
        return None
    fields, expires_at = raw[FIELDS], raw.get(EXP)
    good = (
        isinstance(raw[ISS], str)
        and type(raw[IAT]) is int
        and (EXP not in raw or type(expires_at) is int)
        and _is_bytes(raw[CTI], BYTES)
        and isinstance(raw[FORM], str)
        and _is_bytes(raw[DIGEST], 16)
        and isinstance(fields, list)
    )
    found = [long_field(field) for field in fields] if good else []
    if not good or None in found:
        return None
    return Claims(
        issuer=raw[ISS],
        id=id_from_bytes(raw[CTI]),
        issued_at=raw[IAT],
        form=raw[FORM],
        fields=tuple(field for field in found if field is not None),
        digest=raw[DIGEST],
        expires_at=expires_at,
    )


def _is_bytes(value: Any, length: int) -> bool:
    return isinstance(value, bytes) and len(value) == length
