"""What a model answers to labelled messages, kept beside it.

A training keeps the answers to its own hold-outs in `report/answers.jsonl`, so that two models are
compared without loading either. What is not kept is asked of the model, and then kept too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nlu.registry import DATA, Release, release_of
from nlu.right_action import Talk
from nlu.training.metrics import Labelled, first_ranked
from nlu.whole_file import write_whole

FILE = "answers.jsonl"
REPORT = "report"
"""The folder beside a model where what was measured of it lies."""


@dataclass(frozen=True)
class Answered:
    """What a model makes of a text: the decision (`route`, `clarify`, `conversation` or
    `out_of_scope`), the services in it, the intent ranked first and how sure that was."""

    text: str
    kind: str
    options: tuple[str, ...]
    top: str
    sure: float

    @classmethod
    def of(cls, text: str, answer: Mapping[str, Any]) -> Answered:
        """Of the document that `Engine.parse` gives."""
        top, sure = first_ranked(answer)
        decision = answer["decision"]
        options = tuple(option["service"] for option in decision["options"])
        return cls(text, decision["kind"], options, top, round(float(sure), 4))

    @property
    def action(self) -> tuple[str, ...]:
        """What the citizen meets; two answers are the same where this is."""
        said = {"conversation": (self.top,), "out_of_scope": ()}
        return (self.kind, *said.get(self.kind, self.options))

    def right(self, meant: str, talk: Talk) -> bool:
        """Whether it is the right action for a message that means `meant`."""
        return talk.right(meant, self.kind, self.options, self.top)


Ask = Callable[[Path, Path, list[Labelled]], list[Mapping[str, Any]]]
"""Answers of the model in a folder, with the words of another, to some messages."""


def kept(entry: Path) -> dict[str, Answered]:
    """The answers that lie beside the model in the folder `entry`, by text."""
    path = entry / REPORT / FILE
    if not path.is_file():
        return {}
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    found = (Answered(**{**row, "options": tuple(row["options"])}) for row in rows)
    return {one.text: one for one in found}


def keep(entry: Path, answers: Iterable[Answered]) -> None:
    """Replaces what lies there, whole or not at all."""
    lines = [json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in answers]
    write_whole(entry / REPORT / FILE, "".join(lines))


def answers_of(
    folder: Path, model_id: str, rows: Sequence[Labelled], ask: Ask | None = None
) -> dict[str, Answered]:
    """The answers of a model of the registry `folder` to these messages, by text, with the words
    that it was trained on. Loads the model only for what is not kept. Raises ReleaseRefused, and
    FileNotFoundError."""
    entry = release_of(folder, model_id).model
    known = kept(entry)
    unknown = list({row.text: row for row in rows if row.text not in known}.values())
    if unknown:
        release = Release(entry, entry / DATA)
        release.check()
        told = (ask or _asked)(release.model, release.data, unknown)
        known |= {row.text: Answered.of(row.text, one) for row, one in zip(unknown, told)}
        keep(entry, known.values())
    return {row.text: known[row.text] for row in rows}


def _asked(model: Path, data: Path, rows: list[Labelled]) -> list[Mapping[str, Any]]:
    from nlu.training.evaluate import read_alone

    found, _ = read_alone(model, data, rows)
    return list(found)


def trained_texts(catalogue: Any) -> Collection[str]:
    """Every sentence that a model of this catalogue was trained on."""
    intents = [*catalogue.services.values(), *catalogue.conversation.values()]
    return {one.text for i in intents for texts in i.utterances.values() for one in texts}
