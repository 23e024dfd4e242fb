"""Whether a backup can be restored: every part is hashed, every database opened."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.backup import postgres
from nlu.backup.archive import opened, unpack
from nlu.backup.copies import Step, rows_of
from nlu.backup.errors import BackupError
from nlu.backup.manifest import Manifest, Part
from nlu.storage.read_only import read_only


@dataclass(frozen=True)
class Checked:
    """A part and what is wrong with it; empty where nothing is."""

    part: Part
    wrong: str = ""


def check(
    path: Path, identities: Sequence[Any], step: Step
) -> tuple[Manifest, tuple[Checked, ...]]:
    """Unpacks a part after the other into a private folder of TMPDIR. Raises BackupError where the
    file itself is damaged, or not ours to read."""
    found = []
    with (
        tempfile.TemporaryDirectory(prefix="seva-check-") as folder,
        opened(path, identities) as archive,
    ):
        advance = step("Checking", archive.manifest.size)
        for number, (part, content) in enumerate(archive.parts()):
            copy = Path(folder) / str(number)
            try:
                unpack(part, content, copy, advance)
                wrong = _wrong(part, copy)
            except BackupError as error:
                wrong = str(error)
            found.append(Checked(part, wrong))
            copy.unlink()
    return archive.manifest, tuple(found)


def _wrong(part: Part, copy: Path) -> str:
    if part.kind == "postgresql":
        postgres.check(copy)
    if part.kind != "sqlite":
        return ""
    try:
        with read_only(copy) as db:
            ((said,), *_) = db.execute("PRAGMA integrity_check(1)").fetchall()
        if said != "ok":
            return f"SQLite finds it damaged: {said}"
        return "" if rows_of(copy) == dict(part.rows) else "other numbers of rows than it names"
    except sqlite3.Error as error:
        return f"SQLite cannot read it: {error}"
