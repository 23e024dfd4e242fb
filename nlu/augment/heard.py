"""What a speech model really wrote when the catalogue's utterances were read to it.

`data/speech_augmentation/VOICE.tsv` keeps it, with who read and who wrote; `seva speech augment`
makes the files, so that a training needs neither a voice nor a speech model.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from random import Random

from nlu.augment.segments import Segment, Writing, join
from nlu.catalogue.errors import CatalogueError, Problem

FOLDER = "speech_augmentation"
_MEND = "take the file back from git, or delete it and run `seva speech augment`"


@dataclass(frozen=True)
class HeardUtterance:
    """One reading: `text` is the utterance, `transcript` what `model` wrote (empty: nothing)."""

    intent: str
    language: str
    voice: str
    model: str
    text: str
    transcript: str


_COLUMNS = tuple(field.name for field in fields(HeardUtterance))


def read_heard(file: Path) -> list[HeardUtterance]:
    """The rows of one file; none where it is not there. Raises CatalogueError."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        rows = list(reader)
    if not rows or tuple(rows[0]) != _COLUMNS:
        what = f"the columns are {' '.join(_COLUMNS)}, separated by tabs"
        raise CatalogueError([Problem(file, 1, what, _MEND)])
    problems = [
        Problem(file, number, f"{len(row)} columns where {len(_COLUMNS)} are expected", _MEND)
        for number, row in enumerate(rows, 1)
        if len(row) != len(_COLUMNS)
    ]
    if problems:
        raise CatalogueError(problems)
    return [HeardUtterance(*row) for row in rows[1:]]


def read_all_heard(folder: Path) -> list[HeardUtterance]:
    """The rows of all files of a folder. Raises CatalogueError."""
    return [row for file in sorted(folder.glob("*.tsv")) for row in read_heard(file)]


def write_heard(file: Path, rows: Iterable[HeardUtterance]) -> None:
    """Writes rows in an order of their own, so that the same rows are the same file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    work = file.with_suffix(".part")
    with work.open("w", encoding="utf-8", newline="") as out:
        for row in (_COLUMNS, *sorted(map(astuple, set(rows)))):
            out.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")
    work.replace(file)


class Heard:
    """Transcripts in place of utterances; one that nobody has read stays as it is."""

    def __init__(self, rows: Iterable[HeardUtterance]) -> None:
        """`rows` of any voices."""
        found: dict[str, dict[str, None]] = {}
        for row in rows:
            if row.transcript:
                found.setdefault(row.text, {})[row.transcript] = None
        self._transcripts = {text: tuple(written) for text, written in found.items()}

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """One of the transcripts, without marks: where a value lies in it is not known."""
        text = " ".join(join(pieces)[0].split())
        written = self._transcripts.get(text)
        return (Segment(random.choice(written)),) if written else pieces
