"""Reviewed texts as lines of a file: the labelled form of `seva evaluate`, with line numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.review.decision import Decision
from api.review.store import Card
from nlu.catalogue import Catalogue
from nlu.training.labelled import Known, LabelledFileError, read_labelled

_TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class Line:
    """A text with its marks, the key of its language, and what it asks for; `number` is where it
    stands in its file, from 1."""

    number: int
    text: str
    key: str
    service: str


class LinesError(ValueError):
    """What is wrong with a file or its lines; each of `problems` names its line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def as_rows(card: Card, decision: Decision) -> Iterator[dict[str, object]]:
    """The rows of a decision in the labelled form; none for a service that is not there yet."""
    for part in decision.parts:
        row: dict[str, object] = {
            "text": part.plain,
            "key": card.language,
            "service": part.service,
            "slots": part.slots,
        }
        yield {**row, "card": card.number, "messages": card.count}


def read_lines(path: Path, catalogue: Catalogue) -> list[Line]:
    """The rows of a labelled file. Raises LinesError."""
    try:
        rows = read_labelled(path, Known.of([catalogue])).rows
    except LabelledFileError as error:
        raise LinesError(str(error).split("\n")) from None
    if path.suffix.lower() in _TABLES:
        numbers = list(range(2, len(rows) + 2))
    else:
        text = path.read_bytes().decode("utf-8-sig")
        numbers = [number for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return [
        Line(number, with_marks(row.text, row.slots or {}), row.key, row.service)
        for number, row in zip(numbers, rows)
    ]


def with_marks(text: str, slots: Mapping[str, str]) -> str:
    """The text with each value marked, where it stands first; a value inside another one, or one
    that is spelled differently there, stays unmarked."""
    from api.review.decision import marked

    spans: list[tuple[int, int, str]] = []
    for slot, surface in sorted(slots.items(), key=lambda one: -len(one[1])):
        at = text.find(surface.strip())
        end = at + len(surface.strip())
        if at >= 0 and all(end <= a or at >= b for a, b, _ in spans):
            spans.append((at, end, slot))
    return marked(text, spans)


def dump(row: Mapping[str, object]) -> str:
    """A row as a line."""
    return json.dumps(row, ensure_ascii=False)
