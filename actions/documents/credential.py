"""Signed documents as CWT (RFC 8392) in a COSE_Sign1 (RFC 9052).

Protected header `{1: -8, 4: kid}` (EdDSA), unprotected header empty, deterministic CBOR, Ed25519.
The page refuses what is not exactly of that form, so that one document has one encoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cbor2
from cwt import COSE, COSEKey

from actions.documents.document_id import id_to_bytes
from actions.documents.key_set import PublicKey
from actions.documents.keys import SigningKey
from actions.documents.short_field import short_field

_ALG, _KID, _EDDSA = 1, 4, -8
_ISS, _EXP, _IAT, _CTI = 1, 4, 6, 7
_FORM, _FIELDS, _DIGEST = -70001, -70002, -70003
_KTY, _OKP, _CRV, _ED25519, _X, _D = 1, 1, -1, 6, -2, -4


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


def _cose(key: PublicKey) -> dict[int, Any]:
    """The COSE_Key of a public key."""
    return {_KTY: _OKP, _CRV: _ED25519, 3: _EDDSA, _X: key.raw}
