"""Moves a sentence from one file of the catalogue to another, a line from a list to a list.

The files are people's: comments and order stay, so lines are moved and nothing is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


class MoveError(ValueError):
    """A line is not a sentence of its own, or there is no list for it; the message has file and
    line."""


def move(sentence: tuple[Path, int], to: Path | None, key: str) -> None:
    """Takes the line `sentence` (file, line from 1) out and puts it last among the trained
    sentences of `key` in the service file `to`, if there is one. Raises MoveError, with both files
    as they were."""
    file, line = sentence
    lines = file.read_text("utf-8").split("\n")
    taken = lines[line - 1] if line <= len(lines) else ""
    if not re.match(r"\s*- (?P<quote>[\"']).*(?P=quote)\s*$", taken):
        raise MoveError(f"{file}:{line}: not a sentence in a line of its own; move it by hand")
    if to is not None:
        into = to.read_text("utf-8").split("\n")
        into.insert(_end(into, to, key), f"    {taken.strip()}")
        to.write_text("\n".join(into), "utf-8")
    del lines[line - 1]
    file.write_text("\n".join(lines), "utf-8")


def _end(lines: Sequence[str], file: Path, key: str) -> int:
    """Where the list `utterances`, `key` ends."""
    inside, at = False, None
    for place, line in enumerate(lines):
        if re.match(r"\S", line):
            inside = line.startswith("utterances:")
        if inside and re.match(rf"  {re.escape(key)}:\s*$", line):
            at = place + 1
        elif at is not None and (not inside or re.match(r"  \S", line)):
            break
        elif at is not None and line.strip():
            at = place + 1
    if at is None:
        raise MoveError(f"{file}: there is no list of `{key}` under `utterances:`")
    return at
