"""Reads a signed field as `short_field` writes it; in the product only the page does, in a browser.

The numbers stand here once more, so that a change of what is written is seen.
"""

from __future__ import annotations

from typing import Any

from actions.documents.credential import field_names, shortened

SCRIPTS = {1: 0x0C00, 2: 0x0900}
BLOCK, OTHER = 0x80, 3


def lengthened(raw: bytes) -> str:
    """The text of `shortened`. Raises ValueError for any other bytes."""
    signs, current, left = [], SCRIPTS[1], iter(raw)
    for byte in left:
        if byte in SCRIPTS:
            current = SCRIPTS[byte]
        elif byte == OTHER:
            signs.append(int.from_bytes(bytes(next(left, 0) for _ in range(3)), "big"))
        else:
            signs.append(byte if byte < BLOCK else current + byte - BLOCK)
    text = "".join(map(chr, signs))
    if shortened(text) != raw:
        raise ValueError("not the shortest spelling")
    return text


def long_field(raw: Any) -> tuple[str, str] | None:
    """Name and value of a field as `short_field` or an older version wrote it; else None."""
    if not isinstance(raw, list) or len(raw) != 2:
        return None
    name, value = raw
    if type(name) is int:
        name = field_names()[name] if 0 <= name < len(field_names()) else None
    if isinstance(value, bytes):
        try:
            value = lengthened(value)
        except (ValueError, OverflowError):
            return None
    return (name, value) if isinstance(name, str) and isinstance(value, str) else None
