"""What kind of fault a message of `seva check` tells of, in the reader's language.

The messages are English, as in a terminal. The kind stands before them, so that who reads Telugu or
Hindi knows what to look for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import regex

from nlu.fast_yaml import load_yaml

FILE = Path(__file__).with_name("faults.yml")
_QUOTED = regex.compile(r"`[^`]*`")


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what its messages say, and what it is called in each language."""

    says: regex.Pattern[str]
    words: dict[str, str]


@cache
def kinds() -> tuple[Kind, ...]:
    """All of `faults.yml`, in its order."""
    rows = load_yaml(FILE.read_text("utf-8"))
    return tuple(
        Kind(regex.compile("|".join(row["says"])), {k: v for k, v in row.items() if k != "says"})
        for row in rows
    )


def kind_in(language: str) -> Callable[[object], str]:
    """Tells of a message, or a problem, its kind in a language; empty where it has no words."""

    def told(message: object) -> str:
        what = _QUOTED.sub("``", str(getattr(message, "what", message)))
        found = next((one for one in kinds() if one.says.search(what)), None)
        return found.words.get(language, "") if found else ""

    return told
