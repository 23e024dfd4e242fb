"""A manifest of recordings: which file, what was said in which language, for which service."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NEEDED = ("file", "language", "text")
_OPTIONAL = ("service", "voice")


class ManifestError(ValueError):
    """A manifest is not as documented; the message has file, line and what to do."""


@dataclass(frozen=True)
class Recording:
    """`file` is absolute; `text` is what was said, in any script; `service` and `voice` may be
    empty."""

    file: Path
    language: str
    text: str
    service: str = ""
    voice: str = ""


def read_manifest(path: Path) -> list[Recording]:
    """Reads tab-separated UTF-8 with the columns file, language, text and, if known, service and
    voice, named in the first line. Files are relative to the manifest. Raises ManifestError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: {error}") from error
    rows = list(_rows(path, text))
    if not rows:
        raise ManifestError(f"{path}:1: no recordings in it; a line has file, language and text")
    return rows


def _rows(path: Path, text: str) -> Iterator[Recording]:
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    columns = reader.fieldnames or ()
    lacking = [name for name in _NEEDED if name not in columns]
    if lacking:
        raise ManifestError(
            f"{path}:1: no column {', '.join(lacking)}; the first line names the columns, "
            f"separated by tabs: {' '.join(_NEEDED)} and, if known, {' '.join(_OPTIONAL)}"
        )
    for row in reader:
        if None in row or None in row.values():
            raise ManifestError(f"{path}:{reader.line_num}: {len(columns)} columns are expected")
        for name in _NEEDED:
            if not row[name].strip():
                raise ManifestError(f"{path}:{reader.line_num}: {name} is empty")
        file = (path.parent / row["file"]).absolute()
        if not file.is_file():
            raise ManifestError(f"{path}:{reader.line_num}: there is no file {file}")
        values = {name: (row.get(name) or "").strip() for name in (*_NEEDED, *_OPTIONAL)}
        yield Recording(**{**values, "file": file})  # type: ignore[arg-type]
