"""Ids of documents: 80 random bits, written as 16 characters of Crockford's base32."""

from __future__ import annotations

import secrets

BYTES = 10
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {letter: value for value, letter in enumerate(_ALPHABET)}
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
LENGTH = BYTES * 8 // 5


def new_id() -> str:
    """An id that nobody can guess."""
    return id_from_bytes(secrets.token_bytes(BYTES))


def id_from_bytes(raw: bytes) -> str:
    """The id of these 10 bytes."""
    number = int.from_bytes(raw, "big")
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def id_to_bytes(document_id: str) -> bytes:
    """The 10 bytes of an id. Raises ValueError for what is not one."""
    if len(document_id) != LENGTH or not set(document_id) <= _VALUE.keys():
        raise ValueError("not the id of a document")
    number = 0
    for letter in document_id:
        number = number << 5 | _VALUE[letter]
    return number.to_bytes(BYTES, "big")


def typed_id(text: str) -> str | None:
    """The id that a person typed from paper (`K7M2-9X4Q ...`, O for 0); None if it is not one."""
    candidate = text.strip().lower().translate(_MISREAD)
    try:
        id_to_bytes(candidate)
    except ValueError:
        return None
    return candidate


def grouped(document_id: str) -> str:
    """The id as printed, in groups of four: `k7m2-9x4q-0c1d-e5f6`."""
    return "-".join(document_id[at : at + 4] for at in range(0, LENGTH, 4))
