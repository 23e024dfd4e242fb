"""Text in few bytes for the QR code: a Telugu or Devanagari letter takes one byte, not three.

ASCII is itself. A byte from 0x80 on is a letter of the script that is current: Telugu at first;
the bytes 1 and 2 switch to Telugu and Devanagari. Any other sign is byte 3 and its code point in
three bytes. Printed values hold no control signs, so bytes below 0x20 are free for this.
"""

from __future__ import annotations

_SCRIPTS = {1: 0x0C00, 2: 0x0900}
"""Switch -> first code point of its block of 128."""
_BLOCK, _OTHER, _PRINTABLE = 0x80, 3, 0x20
_SURROGATES = range(0xD800, 0xE000)


def shortened(text: str) -> bytes:
    """The bytes of a text. Raises ValueError for control signs and halves of pairs."""
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
