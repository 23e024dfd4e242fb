"""Slot marks inside utterances: `[surface](slot)` and `[surface](slot:role)`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.catalogue.model import Mark

_MARK = re.compile(r"\[([^\[\]]*)\]\(([^()\[\]]*)\)")
_TARGET = re.compile(r"([a-z][a-z0-9_]*)(?::([a-z][a-z0-9_]*))?")


@dataclass(frozen=True)
class MarkError(Exception):
    """A mark that cannot be read, and how to write it."""

    what: str
    mend: str


def parse_marks(source: str) -> tuple[str, tuple[Mark, ...]]:
    """Text without the marks, and the marks with offsets into that text.

    Raises MarkError for a broken mark; square brackets mean nothing else in utterances.
    """
    if "[" not in source and "](" not in source and "]" not in source:
        return source, ()
    pieces: list[str] = []
    marks: list[Mark] = []
    length = after = 0
    for match in _MARK.finditer(source):
        before = _plain(source[after : match.start()])
        surface = match.group(1)
        slot, role = _target(match.group(2))
        if not surface.strip() or surface != surface.strip():
            raise MarkError(
                f"the mark `{match.group(0)}` is empty or has spaces inside the brackets",
                "mark the value only: `[6123401005678](service_number)`",
            )
        start = length + len(before)
        length = start + len(surface)
        marks.append(Mark(start, length, slot, role))
        pieces += [before, surface]
        after = match.end()
    pieces.append(_plain(source[after:]))
    return "".join(pieces), tuple(marks)


def _plain(piece: str) -> str:
    if "[" in piece or "]" in piece:
        raise MarkError(
            f"a bracket in `{piece.strip()}` does not belong to a mark",
            "write marks as `[value](slot_name)`, with no space between `]` and `(`",
        )
    return piece


def _target(target: str) -> tuple[str, str | None]:
    match = _TARGET.fullmatch(target)
    if not match:
        raise MarkError(
            f"`({target})` is not a slot name",
            "write `(slot_name)` or `(slot_name:role)` in small letters, digits and underscores",
        )
    return match.group(1), match.group(2)
