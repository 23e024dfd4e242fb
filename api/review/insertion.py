"""Puts a sentence at the end of a list of a catalogue file: one new line, every other as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

from nlu.fast_yaml import LOADER


class CannotInsert(ValueError):
    """The file has no list to put the sentence in; the message says what to do."""


def inserted(content: bytes, keys: Sequence[str], text: str) -> bytes:
    """The file with `text` behind the last item of the list at `keys`. Raises CannotInsert."""
    place = ".".join(keys)
    node: Any = yaml.compose(content.decode("utf-8-sig"), Loader=LOADER)
    for key in keys:
        entries = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for name, value in entries if name.value == key), None)
        if node is None:
            raise CannotInsert(f"there is no `{place}`: write the list with one sentence by hand")
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
        raise CannotInsert(f"`{place}` is no list with a sentence on each line: write it so first")
    last = node.value[-1]
    lines = content.decode("utf-8").splitlines(keepends=True)
    first = lines[last.start_mark.line]
    end = last.end_mark.line if last.end_mark.column else last.end_mark.line - 1
    ends = "\r\n" if first.endswith("\r\n") else "\n"
    indent = first[: len(first) - len(first.lstrip())]
    while _is_between(lines[end], len(indent)):  # a folded text ends where the next thing begins
        end -= 1
    if not lines[end].endswith("\n"):
        lines[end] += ends
    lines.insert(end + 1, f"{indent}- {json.dumps(text, ensure_ascii=False)}{ends}")
    return "".join(lines).encode("utf-8")


def _is_between(line: str, indent: int) -> bool:
    """Whether a line is blank, or a comment that is not inside a text."""
    plain = line.lstrip()
    return not plain or (plain.startswith("#") and len(line) - len(plain) <= indent)
