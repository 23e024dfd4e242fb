"""A signed field in few bytes: a number for its name, its Telugu or Hindi value shortened.

The page reads names and values as plain text too: so older documents have them, so have those
whose name has no number or whose value is no shorter otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from actions.documents.short_text import shortened
from nlu.records import read_record


@lru_cache(maxsize=1)
def field_names() -> Sequence[str]:
    """The names that have a number, which is their place."""
    return read_record(Path(__file__).with_name("field_numbers.yml"), tuple[str, ...])


def short_field(name: str, value: str) -> list[int | str | bytes]:
    """The field for CBOR."""
    names, plain = field_names(), value.encode()
    try:
        short = shortened(value)
    except ValueError:
        short = plain
    return [
        names.index(name) if name in names else name,
        short if len(short) < len(plain) else value,
    ]
