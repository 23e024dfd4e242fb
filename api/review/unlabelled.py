"""Files of messages that nobody has labelled yet, read with their lines.

One message a line (`.txt`), a table with a column `text` (`.csv`, `.tsv`), or one JSON object a
line with a member `text` (`.jsonl`). A `key` beside it is that of its language, where it is known.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.review.lines import LinesError
from nlu.catalogue import Catalogue
from nlu.catalogue.model import MIXED_KEY
from nlu.catalogue.yaml_source import did_you_mean

_TABLES = {".csv": ",", ".tsv": "\t"}
_LINES = (".jsonl", ".json", ".ndjson")
_EXAMPLE = '{"text": "..."}'


@dataclass(frozen=True)
class Unlabelled:
    """A message; `line` is where it stands, from 1, `key` may be empty."""

    line: int
    text: str
    key: str = ""


def read_unlabelled(path: Path, catalogue: Catalogue) -> list[Unlabelled]:
    """The messages of a file, without its empty lines. Raises LinesError, OSError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LinesError([f"{path}: not UTF-8 ({error.reason}); save it as UTF-8"]) from None
    keys = [*catalogue.languages.keys, MIXED_KEY]
    found: list[Unlabelled] = []
    problems: list[str] = []
    for line, raw in _rows(path, text):
        one = _message(line, raw, keys)
        if isinstance(one, Unlabelled):
            found.append(one)
        else:
            problems.append(f"{path}:{line}: {one}")
    if problems:
        raise LinesError(problems)
    if not found:
        raise LinesError([f"{path}: no messages in it"])
    return found


def _rows(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Line and content of each row; an exception stands for one that cannot be read."""
    ending = path.suffix.lower()
    if ending in _TABLES:
        yield from _table(text, _TABLES[ending])
        return
    for line, row in enumerate(text.split("\n"), 1):
        if not row.strip():
            continue
        if ending not in _LINES:
            yield line, {"text": row.strip("\r")}
            continue
        try:
            yield line, json.loads(row)
        except json.JSONDecodeError as error:
            yield line, ValueError(f"not JSON ({error}); a line looks like {_EXAMPLE}")


def _table(text: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    """A cell may hold line breaks: a row is told by the line on which it begins."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    head = [name.strip() for name in next(rows, [])]
    if "text" not in head:
        there = ", ".join(filter(None, head)) or "nothing"
        yield 1, ValueError(f"no column text; the first line names the columns: {there}")
        return
    begins = rows.line_num + 1
    for cells in rows:
        line, begins = begins, rows.line_num + 1
        if len(cells) > len(head):
            what = f"{len(cells)} cells, but {len(head)} columns: put the text in quotes"
            yield line, ValueError(what)
        elif any(cell.strip() for cell in cells):
            yield line, dict(zip(head, cells))


def _message(line: int, raw: Any, keys: list[str]) -> Unlabelled | str:
    """A message, or what is wrong with its row."""
    if isinstance(raw, ValueError):
        return str(raw)
    text = raw.get("text") if isinstance(raw, dict) else raw
    if not isinstance(text, str) or not text.strip():
        return f"`text` is empty or no text; a line looks like {_EXAMPLE}"
    key = raw.get("key") if isinstance(raw, dict) else ""
    if key and key not in keys:
        return f"unknown key `{key}`: {did_you_mean(str(key), keys)}"
    return Unlabelled(line, text.strip(), str(key or ""))
