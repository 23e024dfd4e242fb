"""Files that went into PostgreSQL: `seva migrate move` calls them `seva.sqlite.moved`, say.

While that name is there nobody makes a new file under the old one: a process with the settings of
before would begin with empty tables, and citizens would be answered from two places.
"""

from __future__ import annotations

from pathlib import Path

ENDING = ".moved"


class Moved(ValueError):
    """What a file held lies in PostgreSQL now; the message says what to do."""


def moved_name(path: Path) -> Path:
    """The name that a file or folder gets once what it holds was moved."""
    return path.with_name(path.name + ENDING)


def refuse_moved(path: Path) -> None:
    """Raises Moved where what this file or folder held was moved."""
    if moved_name(path).exists():
        raise Moved(
            f"what was in {path} lies in PostgreSQL: set SEVA_DATABASE_URL to it. To go back to "
            f"the files as they were then, without what came since, rename {moved_name(path)} and "
            "its neighbours (docs/running.md)"
        )
