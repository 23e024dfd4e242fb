"""Signed documents as CWT (RFC 8392) in a COSE_Sign1 (RFC 9052): sign, read, verify.

Protected header `{1: -8, 4: kid}` (EdDSA), unprotected header empty, deterministic CBOR, Ed25519.
What is not exactly of that form is refused, so that one document has one encoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

import cbor2
from cwt import COSE, COSEKey
from cwt.exceptions import VerifyError

from actions.documents.document_id import BYTES, id_from_bytes, id_to_bytes
from actions.documents.key_set import PublicKey
from actions.documents.keys import SigningKey
from actions.documents.short_field import long_field, short_field
from nlu.fast_yaml import load_yaml

LONGEST = 2048
"""Bytes of a CWT; no QR code holds more."""
_TAG = 18
_ALG, _KID, _EDDSA = 1, 4, -8
_ISS, _EXP, _IAT, _CTI = 1, 4, 6, 7
_FORM, _FIELDS, _DIGEST = -70001, -70002, -70003
_KTY, _OKP, _CRV, _ED25519, _X, _D = 1, 1, -1, 6, -2, -4


class Refusal(str, Enum):
    """Why a document is not taken as genuine; words are in `refusals.yml`."""

    MALFORMED = "malformed"
    OTHER_DOMAIN = "other_domain"
    UNKNOWN_KEY = "unknown_key"
    WRONG_SIGNATURE = "wrong_signature"
    OTHER_DEPARTMENT = "other_department"
    KEY_WITHDRAWN = "key_withdrawn"
    KEY_NOT_YET_GOOD = "key_not_yet_good"
    KEY_NO_LONGER_GOOD = "key_no_longer_good"
    RUN_OUT = "run_out"

    @property
    def words(self) -> Mapping[str, str]:
        """What a clerk is told, by language."""
        return _words()[self.value]


@dataclass(frozen=True)
class Claims:
    """What a department signs; times are Unix seconds."""

    issuer: str
    id: str
    issued_at: int
    form: str
    fields: tuple[tuple[str, str], ...]
    """Name and value of the signed fields, as printed."""
    digest: bytes
    """16 bytes over all printed values (`Form.digest`)."""
    expires_at: int | None = None


@dataclass(frozen=True)
class Credential:
    """What a CWT says, not yet verified."""

    kid: bytes
    claims: Claims


def sign(claims: Claims, key: SigningKey) -> bytes:
    """The CWT of `claims`."""
    payload: dict[int, Any] = {
        _ISS: claims.issuer,
        _IAT: claims.issued_at,
        _CTI: id_to_bytes(claims.id),
        _FORM: claims.form,
        _FIELDS: [short_field(name, value) for name, value in claims.fields],
        _DIGEST: claims.digest,
    }
    if claims.expires_at is not None:
        payload[_EXP] = claims.expires_at
    cose_key = COSEKey.new({**_cose(key.public), _D: key.private.private_bytes_raw()})
    token = COSE.new(deterministic_header=True).encode_and_sign(
        cbor2.dumps(payload, canonical=True),
        cose_key,
        protected={_ALG: _EDDSA, _KID: key.public.kid},
        unprotected={},
    )
    return bytes(token)


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
        message.tag == _TAG
        and unprotected == {}
        and isinstance(signature, bytes)
        and isinstance(header, dict)
        and header.keys() == {_ALG, _KID}
        and header[_ALG] == _EDDSA
        and _is_bytes(header[_KID], 8)
    )
    found = _claims(claims) if exact else None
    return Credential(header[_KID], found) if found else None


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
    try:
        COSE.new(verify_kid=True).decode(token, COSEKey.new({**_cose(key), 2: key.kid}))
    except VerifyError:
        return Refusal.WRONG_SIGNATURE
    return _refused_by_rules(found.claims, key, at) or found.claims


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


def _cose(key: PublicKey) -> dict[int, Any]:
    """The COSE_Key of a public key."""
    return {_KTY: _OKP, _CRV: _ED25519, 3: _EDDSA, _X: key.raw}


def _strict(raw: bytes) -> Any:
    """The value of deterministic CBOR. Raises ValueError for any other encoding of it."""
    value = cbor2.loads(raw)
    if cbor2.dumps(value, canonical=True) != raw:
        raise ValueError("not deterministic CBOR")
    return value


def _claims(raw: Any) -> Claims | None:
    if not isinstance(raw, dict) or raw.keys() - {_EXP} != {
        *(_ISS, _IAT, _CTI),
        *(_FORM, _FIELDS, _DIGEST),
    }:
        return None
    fields, expires_at = raw[_FIELDS], raw.get(_EXP)
    good = (
        isinstance(raw[_ISS], str)
        and type(raw[_IAT]) is int
        and (_EXP not in raw or type(expires_at) is int)
        and _is_bytes(raw[_CTI], BYTES)
        and isinstance(raw[_FORM], str)
        and _is_bytes(raw[_DIGEST], 16)
        and isinstance(fields, list)
    )
    found = [long_field(field) for field in fields] if good else []
    if not good or None in found:
        return None
    return Claims(
        issuer=raw[_ISS],
        id=id_from_bytes(raw[_CTI]),
        issued_at=raw[_IAT],
        form=raw[_FORM],
        fields=tuple(field for field in found if field is not None),
        digest=raw[_DIGEST],
        expires_at=expires_at,
    )


def _is_bytes(value: Any, length: int) -> bool:
    return isinstance(value, bytes) and len(value) == length


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Mapping[str, str]]:
    words = load_yaml(Path(__file__).with_name("refusals.yml").read_text("utf-8"))
    found: Mapping[str, Mapping[str, str]] = words
    return found
