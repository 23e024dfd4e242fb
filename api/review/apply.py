"""Adds reviewed sentences to the files of the catalogue, each as one new line.

Everything is checked before anything is written: each line by itself, then the catalogue as it
would be, by the rules of `seva check`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from api.review.fit import TRAINED, Fit
from api.review.lines import Line, LinesError
from nlu.catalogue import Catalogue
from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.model import ConversationIntent, Service
from nlu.catalogue.rules.utterances import Said, bare, said_of
from nlu.changes.document import CannotEdit, Document
from nlu.whole_file import write_whole


@dataclass(frozen=True)
class Applied:
    """How many sentences went into each file, and what was left out, each with its line."""

    sentences: Mapping[Path, int] = field(default_factory=dict)
    left_out: Sequence[str] = ()


class Application:
    """Lines of one file, held against a catalogue in a folder."""

    def __init__(self, source: Path, catalogue: Catalogue) -> None:
        """`source` is the file that lines come from, for messages."""
        self._source, self._catalogue = source, catalogue
        by_letters: dict[str, Said] = {}
        intents: list[Service | ConversationIntent] = [*catalogue.conversation.values()]
        for intent in (*intents, *catalogue.services.values()):
            for said in said_of(intent.name, intent):
                by_letters.setdefault(bare(said.utterance.text), said)
        self._fit = Fit(
            catalogue, lambda letters: [by_letters[letters]] if letters in by_letters else ()
        )

    def apply(self, lines: Sequence[Line], *, leave_out: bool = False) -> Applied:
        """Writes what can be added; with `leave_out` the other lines are left out, else nothing is
        written and LinesError names them all."""
        problems: dict[int, str] = {}
        for line in lines:
            found = self._fit.obstacle(line.text, line.key, line.service, str(line.number))
            if found:
                problems[line.number] = f"{self._source}:{line.number}: {found.what}"
        if problems and not leave_out:
            raise LinesError(list(problems.values()))
        changed: dict[Path, Document] = {}
        counts: Counter[Path] = Counter()
        for line in lines:
            if line.number in problems:
                continue
            file, keys = self._place(line)
            try:
                document = changed.get(file) or Document(file.read_bytes())
                document.append(keys, line.text)
            except CannotEdit as error:
                problems[line.number] = f"{self._source}:{line.number}: {file}: {error}"
            else:
                changed[file] = document
                counts[file] += 1
        if problems and not leave_out:
            raise LinesError(list(problems.values()))
        if changed:
            contents = {file: document.content for file, document in changed.items()}
            self._check(contents)
            for file, content in contents.items():
                write_whole(file, content)
        return Applied(dict(counts), list(problems.values()))

    def _place(self, line: Line) -> tuple[Path, tuple[str, ...]]:
        """The file that gets a sentence, and its list there."""
        place = self._fit.place(line.text, line.key, line.service)
        path = place.path if isinstance(place, ConversationIntent) else ()
        return place.file, (*path, TRAINED, line.key)

    def _check(self, changed: Mapping[Path, bytes]) -> None:
        """Raises LinesError where `seva check` would refuse the catalogue as it would be."""
        root = self._catalogue.root
        with tempfile.TemporaryDirectory(prefix="seva-review-") as folder:
            copy = Path(folder) / "data"
            shutil.copytree(root, copy, copy_function=_same)
            for file, content in changed.items():
                place = copy / file.relative_to(root)
                place.unlink()
                place.write_bytes(content)
            found = check_catalogue(copy).problems
            problems = [str(one).replace(str(copy), str(root), 1) for one in found]
        if problems:
            raise LinesError([f"{one} (with the new sentences)" for one in problems])


def _same(source: str, target: str) -> str:
    """The same file under another name; its copy where another disk lies between."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def told(applied: Applied, root: Path) -> Iterator[str]:
    """What was done, for people."""
    for file, count in sorted(applied.sentences.items()):
        yield f"{file.relative_to(root)}: {count} {'sentence' if count == 1 else 'sentences'} added"
    yield from applied.left_out
