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

from rapidfuzz import fuzz, process

from api.review.decision import Part, Targets, WrongDecision, one
from api.review.lines import Line, LinesError
from api.review.masks import is_masked
from nlu.catalogue import Catalogue
from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.model import ConversationIntent, Service
from nlu.catalogue.rules.utterances import OUT_OF_SCOPE, Said, bare, said_of
from nlu.changes.document import CannotEdit, Document

_TRAINED = "utterances"


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
        self._targets = Targets.of(catalogue)
        self._intents: dict[str, Service | ConversationIntent] = {
            **catalogue.conversation,
            **catalogue.services,
        }
        self._said: dict[str, Said] = {}
        for name, intent in self._intents.items():
            for said in said_of(name, intent):
                self._said.setdefault(bare(said.utterance.text), said)

    def apply(self, lines: Sequence[Line], *, leave_out: bool = False) -> Applied:
        """Writes what can be added; with `leave_out` the other lines are left out, else nothing is
        written and LinesError names them all."""
        problems: dict[int, str] = {}
        seen: dict[str, int] = {}
        for line in lines:
            what = self._problem(line, seen)
            if what:
                problems[line.number] = f"{self._source}:{line.number}: {what}"
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
                _write(file, content)
        return Applied(dict(counts), list(problems.values()))

    def _problem(self, line: Line, seen: dict[str, int]) -> str:
        """Why a line cannot be added; empty where it can."""
        try:
            self._targets.check(one(line.text, line.service))
        except WrongDecision as error:
            return str(error)
        if line.key not in self._intents[line.service].utterances:
            return f"{line.service} has no sentences for the key `{line.key}`"
        plain = Part(line.text, line.service).plain
        if is_masked(plain):
            return "a number in it is masked: write an example in its place, or leave the line out"
        letters = bare(plain)
        if not letters:
            return "it has no letter or digit"
        said = self._said.get(letters)
        if said is not None:
            at = f"{said.file}:{said.utterance.line}"
            if said.part == _TRAINED:
                return f"{said.intent} has learned it already ({at}): leave the line out"
            return f"it is kept to measure {said.intent} ({at}), so it must not be learned"
        first = seen.setdefault(letters, line.number)
        return f"it stands on line {first}, too: keep one" if first != line.number else ""

    def _place(self, line: Line) -> tuple[Path, tuple[str, ...]]:
        """The file that gets a sentence, and its list there. What is out of scope lies in many
        files: it goes to the likest sentence."""
        intent = self._intents[line.service]
        path = intent.path if isinstance(intent, ConversationIntent) else ()
        file = intent.file
        if line.service == OUT_OF_SCOPE:
            trained = intent.utterances[line.key]
            found = process.extractOne(
                Part(line.text, line.service).plain,
                {at: said.text for at, said in enumerate(trained)},
                scorer=fuzz.token_set_ratio,
            )
            file = (trained[found[2]].file if found else None) or file
        return file, (*path, _TRAINED, line.key)

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


def _write(file: Path, content: bytes) -> None:
    """In the place of the file, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    shutil.copymode(file, name)
    os.replace(name, file)


def told(applied: Applied, root: Path) -> Iterator[str]:
    """What was done, for people."""
    for file, count in sorted(applied.sentences.items()):
        yield f"{file.relative_to(root)}: {count} {'sentence' if count == 1 else 'sentences'} added"
    yield from applied.left_out
