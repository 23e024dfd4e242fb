"""Labelled files, as `seva evaluate` and `seva compare` read them: checked row by row.

One JSON object a line, or a table with a head (`.csv`, `.tsv`) as spreadsheets write it. Every
mistake is told at once with its line. What cannot be scored stops the command; what can, but says
less than it seems, is only warned of: a sentence that the model has learned, a service that it does
not know.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlu.catalogue import Catalogue
from nlu.catalogue.model import MIXED_KEY
from nlu.catalogue.rules.utterances import bare, said_of
from nlu.catalogue.yaml_source import did_you_mean
from nlu.text import normalise
from nlu.training.metrics import Labelled

_TABLES = {".csv": ",", ".tsv": "\t"}
_WANTED = ("text", "key", "service")
_SLOTS = "slots"
_EXAMPLE = '{"text": "...", "key": "te", "service": "birth_certificate", "slots": {}}'


class LabelledFileError(ValueError):
    """Rows of a labelled file are not as documented; a line of the message for each."""


@dataclass(frozen=True)
class Known:
    """What rows are held against: `intents` with the names of their slots, the keys, and where each
    learned sentence stands, by its letters."""

    intents: Mapping[str, frozenset[str]]
    keys: frozenset[str]
    trained: Mapping[str, str]

    @classmethod
    def of(cls, catalogues: Iterable[Catalogue]) -> Known:
        """What any of these catalogues has."""
        intents: dict[str, frozenset[str]] = {}
        keys: set[str] = {MIXED_KEY}
        trained: dict[str, str] = {}
        for catalogue in catalogues:
            keys |= set(catalogue.languages.keys)
            for name, service in catalogue.services.items():
                intents[name] = frozenset(slot.name for slot in service.slots)
            for name in catalogue.conversation:
                intents.setdefault(name, frozenset())
            for some in (catalogue.services, catalogue.conversation):
                for name, intent in some.items():
                    for said in said_of(name, intent):
                        if said.part == "utterances":
                            at = f"{said.file}:{said.utterance.line}"
                            trained.setdefault(bare(said.utterance.text), at)
        return cls(intents, frozenset(keys), trained)


class _Wrong(str):
    """What is wrong with a row that could not be read."""


@dataclass
class LabelledFile:
    """The rows of a file, and what is to be said about them, each with its line."""

    rows: list[Labelled] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_labelled(path: Path, known: Known | None = None) -> LabelledFile:
    """Reads a file; with `known` its names are checked, too. Raises LabelledFileError."""
    found, problems = LabelledFile(), []
    first: dict[str, tuple[int, Labelled]] = {}
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelledFileError(f"{path}: not UTF-8 ({error.reason}); save it as UTF-8") from error
    for line, raw in _raw(path, text):
        row = raw if isinstance(raw, _Wrong) else _row(raw)
        if isinstance(row, str):
            problems.append(f"{path}:{line}: {row}")
            continue
        problems += [f"{path}:{line}: {what}" for what in _problems(row, known)]
        before, other = first.setdefault(bare(row.text) or row.text, (line, row))
        if before != line:
            problems.append(f"{path}:{line}: {_again(row, before, other)}")
        if known is not None:
            found.warnings += [f"{path}:{line}: {what}" for what in _warnings(row, known)]
        found.rows.append(row)
    if problems:
        raise LabelledFileError("\n".join(problems))
    if not found.rows:
        raise LabelledFileError(f"{path}: no labelled messages in it")
    return found


def _raw(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Line and content of each row, or what is wrong with it."""
    delimiter = _TABLES.get(path.suffix.lower())
    if delimiter is not None:
        yield from _table(text, delimiter)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError as error:
            what = f"not a labelled message ({error}); a line looks like {_EXAMPLE}"
            yield number, _Wrong(what)


def _table(text: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    """A cell may hold line breaks: a row is told by the line on which it begins."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    head = [name.strip() for name in next(rows, [])]
    missing = [name for name in _WANTED if name not in head]
    if missing:
        there = ", ".join(filter(None, head)) or "nothing"
        what = f"no column {', '.join(missing)}; the first line names the columns: {there}"
        yield 1, _Wrong(what)
        return
    begins = rows.line_num + 1
    for cells in rows:
        line, begins = begins, rows.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(head):
            what = f"{len(cells)} cells, but {len(head)} columns: put the text in quotes"
            yield line, _Wrong(what)
            continue
        raw: dict[str, Any] = dict(zip(head, cells))
        slots = raw.pop(_SLOTS, "").strip()
        if slots:
            try:
                raw[_SLOTS] = json.loads(slots)
            except json.JSONDecodeError as error:
                what = f'slots are not JSON ({error}); write {{"name": "as written"}}'
                yield line, _Wrong(what)
                continue
        yield line, raw


def _row(raw: Any) -> Labelled | str:
    """A row, or what is wrong with its form."""
    if not isinstance(raw, Mapping):
        return f"not a labelled message, but {json.dumps(raw)[:40]}; a line looks like {_EXAMPLE}"
    missing = [name for name in _WANTED if name not in raw]
    if missing:
        return (
            f"not a labelled message: no {', '.join(missing)} in it; a line looks like {_EXAMPLE}"
        )
    for name in _WANTED:
        if not isinstance(raw[name], str) or not raw[name].strip():
            return f"`{name}` is empty or no text; a line looks like {_EXAMPLE}"
    slots = raw.get(_SLOTS)
    if slots is not None and not (
        isinstance(slots, Mapping) and all(isinstance(value, str) for value in slots.values())
    ):
        return '`slots` must be {"name": "as written"}; leave it out where slots were not labelled'
    return Labelled(raw["text"], raw["key"].strip(), raw["service"].strip(), slots)


def _problems(row: Labelled, known: Known | None) -> Iterator[str]:
    if known is not None and row.key not in known.keys:
        yield f"unknown key `{row.key}`: {did_you_mean(row.key, sorted(known.keys))}"
    text = _plain(row.text)
    for name, surface in (row.slots or {}).items():
        if not surface.strip() or _plain(surface) not in text:
            yield f"slot `{name}`: `{surface}` is not in the text; copy it as it is written there"
        slots = known.intents.get(row.service) if known is not None else None
        if slots is not None and name not in slots:
            mend = did_you_mean(name, sorted(slots)) if slots else "it has none"
            yield f"{row.service} has no slot `{name}`: {mend}"


def _warnings(row: Labelled, known: Known) -> Iterator[str]:
    if row.service not in known.intents:
        yield (
            f"the model does not know `{row.service}`, so the row counts as wrong: "
            f"{did_you_mean(row.service, sorted(known.intents))}"
        )
    at = known.trained.get(bare(row.text))
    if at is not None:
        yield f"the model has learned this sentence ({at}): it measures nothing"


def _again(row: Labelled, line: int, other: Labelled) -> str:
    if row.service != other.service:
        return f"the same text is {other.service} on line {line} and {row.service} here: keep one"
    return f"the same text is on line {line}, too: keep one"


def _plain(text: str) -> str:
    return normalise(text).text.casefold()


def tell(warnings: Sequence[str], most: int = 20) -> str:
    """Warnings for people, the first `most` of them."""
    more = len(warnings) - most
    shown = [f"warning: {one}" for one in warnings[:most]]
    return "\n".join([*shown, f"... and {more} more"] if more > 0 else shown)
