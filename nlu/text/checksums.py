"""Check digits, by the names that slot types use.

Verhoeff's is the last digit of an Aadhaar number. Its tables are from J. Verhoeff, "Error Detecting
Decimal Codes" (Mathematical Centre Tract 29, 1969): D is multiplication in the dihedral group D5, P
the powers of the permutation (1 5 8 9 4 2 7 0)(3 6).
"""

from __future__ import annotations

from collections.abc import Callable

_D = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_P = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)


def verhoeff(digits: str) -> bool:
    """True when the last of the ASCII `digits` is the right check digit of the others."""
    check = 0
    for position, digit in enumerate(reversed(digits)):
        check = _D[check][_P[position % 8][int(digit)]]
    return bool(digits) and check == 0


CHECKSUMS: dict[str, Callable[[str], bool]] = {"verhoeff": verhoeff}


def consistent(name: str | None, value: str) -> bool:
    """True when `value` passes the checksum `name` (None: there is none). Raises KeyError."""
    return name is None or CHECKSUMS[name](value)
