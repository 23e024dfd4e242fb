"""Check digits by the name slot types give them."""

from __future__ import annotations

from collections.abc import Callable

from nlu.text.verhoeff import verhoeff

# Verhoeff: see nlu/text/verhoeff.py for the source of its tables.
CHECKSUMS: dict[str, Callable[[str], bool]] = {"verhoeff": verhoeff}


def consistent(name: str | None, value: str) -> bool:
    """True when `value` passes the checksum `name` (None: there is none). Raises KeyError."""
    return name is None or CHECKSUMS[name](value)
