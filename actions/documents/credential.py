"""What the QR code of a document says: a link with an id and a signed credential.

The link is `<origin>/c/<id>#<base64url of the CWT>`. A browser never sends what follows the `#`, so
no server log learns what a document says. An id is 80 random bits, written as 16 characters of
Crockford's base32. A credential is a CWT (RFC 8392) in a COSE_Sign1 (RFC 9052): protected header
`{1: -8, 4: kid}` (EdDSA), empty unprotected header, deterministic CBOR, Ed25519. The page refuses
any other form, so that one document has one encoding.

Signed fields are written short, so that an old phone can read the code. A known field name becomes
a number. A Telugu or Devanagari letter takes one byte in place of three. The page also reads plain
names and values: older documents have them, and short forms are used only if they are shorter.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cwt import COSE, COSEKey

from actions.documents.keys import PublicKey, SigningKey, encode_base64url
from nlu.records import read_record

BYTES = 10
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {letter: value for value, letter in enumerate(_ALPHABET)}
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
LENGTH = BYTES * 8 // 5
_SCRIPTS = {1: 0x0C00, 2: 0x0900}
"""The byte that switches to a script, and the first code point of its 128 letters."""
_BLOCK, _OTHER, _PRINTABLE = 0x80, 3, 0x20
_SURROGATES = range(0xD800, 0xE000)
_ALG, _KID, _EDDSA = 1, 4, -8
_ISS, _EXP, _IAT, _CTI = 1, 4, 6, 7
_FORM, _FIELDS, _DIGEST = -70001, -70002, -70003
_KTY, _OKP, _CRV, _ED25519, _X, _D = 1, 1, -1, 6, -2, -4


def new_id() -> str:
    """Makes an id that nobody can guess."""
    return id_from_bytes(secrets.token_bytes(BYTES))


def id_from_bytes(raw: bytes) -> str:
    """The id of these 10 bytes."""
    number = int.from_bytes(raw, "big")
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def id_to_bytes(document_id: str) -> bytes:
    """The 10 bytes of an id. Raises ValueError if the text is not an id."""
    if len(document_id) != LENGTH or not set(document_id) <= _VALUE.keys():
        raise ValueError("not the id of a document")
    number = 0
    for letter in document_id:
        number = number << 5 | _VALUE[letter]
    return number.to_bytes(BYTES, "big")


def typed_id(text: str) -> str | None:
    """Reads an id that a person typed (`K7M2-9X4Q ...`, O for 0). None if it is not an id."""
    candidate = text.strip().lower().translate(_MISREAD)
    try:
        id_to_bytes(candidate)
    except ValueError:
        return None
    return candidate


def grouped(document_id: str) -> str:
    """The id as printed, in groups of four: `k7m2-9x4q-0c1d-e5f6`."""
    return "-".join(document_id[at : at + 4] for at in range(0, LENGTH, 4))


@dataclass(frozen=True)
class Link:
    """The link in a QR code: the web site that checks the document, its id and its CWT."""

    origin: str
    """Scheme, host and port, without a slash at the end."""
    id: str
    token: bytes

    def __str__(self) -> str:
        return f"{self.origin}/c/{self.id}#{encode_base64url(self.token)}"

    @property
    def domain(self) -> str:
        """The name that a clerk compares with the address line of the browser."""
        return urlsplit(self.origin).netloc


def shortened(text: str) -> bytes:
    """A text in few bytes. Raises ValueError for control signs and halves of surrogate pairs.

    ASCII stays as it is. A byte from 0x80 on is a letter of the current script: Telugu at first;
    the bytes 1 and 2 switch to Telugu and Devanagari. Any other sign is byte 3 and its code point
    in three bytes. Printed values hold no control signs, so bytes below 0x20 are free for this.
    """
    found, current = bytearray(), _SCRIPTS[1]
    for sign in map(ord, text):
        if sign < _PRINTABLE or sign in _SURROGATES:
            raise ValueError("signs that are not printed")
        if sign < _BLOCK:
            found.append(sign)
            continue
        for switch, base in _SCRIPTS.items():
            if base <= sign < base + _BLOCK:
                if base != current:
                    found.append(switch)
                    current = base
                found.append(_BLOCK + sign - base)
                break
        else:
            found += bytes([_OTHER]) + sign.to_bytes(3, "big")
    return bytes(found)


@lru_cache(maxsize=1)
def field_names() -> Sequence[str]:
    """The names that have a number. The number is the place in this list."""
    return read_record(Path(__file__).with_name("field_numbers.yml"), tuple[str, ...])


def short_field(name: str, value: str) -> list[int | str | bytes]:
    """A signed field as it goes into CBOR."""
    names, plain = field_names(), value.encode()
    try:
        short = shortened(value)
    except ValueError:
        short = plain
    return [
        names.index(name) if name in names else name,
        short if len(short) < len(plain) else value,
    ]


@dataclass(frozen=True)
class Claims:
    """The facts that a department signs. Times are Unix seconds."""

    issuer: str
    id: str
    issued_at: int
    form: str
    fields: tuple[tuple[str, str], ...]
    """Name and value of the signed fields, as printed."""
    digest: bytes
    """16 bytes of a hash over all printed values (`Form.digest`)."""
    expires_at: int | None = None


def sign(claims: Claims, key: SigningKey) -> bytes:
    """Signs `claims` and returns the CWT."""
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
