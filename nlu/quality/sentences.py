"""The sentences that a catalogue teaches, with the file and the line where each is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nlu.catalogue.model import Catalogue, ConversationIntent, Service
from nlu.catalogue.rules.utterances import Said, said_of

_TRAINED = "utterances"


@dataclass(frozen=True)
class Sentence:
    """One trained sentence. `file` is relative to the data folder; `text` is without marks, its
    values are those of the training data."""

    intent: str
    key: str
    file: str
    line: int
    text: str


def said_in_training(catalogue: Catalogue) -> list[Said]:
    """Every trained utterance, services first, in the order of the files."""
    intents: Mapping[str, Service | ConversationIntent] = {
        **catalogue.services,
        **catalogue.conversation,
    }
    return [
        said
        for name, one in intents.items()
        for said in said_of(name, one)
        if said.part == _TRAINED
    ]


def trained(catalogue: Catalogue) -> list[Sentence]:
    """The same as sentences."""
    return [sentence_of(said, catalogue.root) for said in said_in_training(catalogue)]


def sentence_of(said: Said, root: Path) -> Sentence:
    """An utterance of the data folder `root`."""
    file = said.file.relative_to(root).as_posix()
    return Sentence(said.intent, said.key, file, said.utterance.line, said.utterance.text)


def place(sentence: Sentence, copy: Path, working: Path) -> tuple[Path, int]:
    """File and line of a sentence in the folder `working` that the team edits. A model has learned
    from its own `copy`, so the line may have moved since. Where the line is gone, the place in the
    copy is returned."""
    learned, edited = _lines(copy / sentence.file), _lines(working / sentence.file)
    line = learned[sentence.line - 1]
    if sentence.line <= len(edited) and edited[sentence.line - 1] == line:
        return working / sentence.file, sentence.line
    if line in edited:
        return working / sentence.file, edited.index(line) + 1
    return copy / sentence.file, sentence.line


@lru_cache(maxsize=64)
def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def shown(path: Path, line: int) -> str:
    """`file:line`, the file relative to the folder one works in where it lies there."""
    here = Path.cwd()
    inside = path.is_relative_to(here)
    return f"{path.relative_to(here) if inside else path}:{line}"
