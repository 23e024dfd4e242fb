"""Catalogue YAML with the line of every node.

libyaml composes the nodes (57 files in 35 ms); a `Node` here walks them, remembers each line and
collects problems instead of stopping at the first. A scalar that any YAML version would read as
something other than text (`no`, `0123`, `12:30`, `null`) is refused where text is expected, so
that a file means the same to every tool.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from nlu.catalogue.department import Words
from nlu.catalogue.errors import Problem
from nlu.records import TODO, Faults, RecordError, compose, did_you_mean, plain, to_record

T = TypeVar("T")
_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_DEEPEST = 20


class Source:
    """The files read so far: their problems, and the line of each path of keys."""

    def __init__(self) -> None:
        """Starts with no file read."""
        self.problems: list[Problem] = []
        self.positions: dict[tuple[Path, tuple[str, ...]], int] = {}
        self.contents: dict[Path, bytes] = {}
        self._lines: dict[Path, list[str]] = {}

    def read(self, file: Path) -> Node | None:
        """The top node of a file; None if it cannot be read, which is then among the problems."""
        try:
            self.contents[file] = content = file.read_bytes()
        except FileNotFoundError:
            content = None
        try:
            top = compose(file, content)
        except RecordError as error:
            self.problems += error.problems
            return None
        return Node(self, file, (), top)

    def line(self, file: Path, number: int) -> str:
        """A line of a file that was read, counted from 0."""
        if file not in self._lines:
            self._lines[file] = self.contents[file].decode("utf-8-sig").splitlines()
        return self._lines[file][number]

    def add(self, file: Path, line: int, what: str, mend: str) -> None:
        """Notes one problem."""
        self.problems.append(Problem(file, line, what, mend))


class Node:
    """One YAML node with its place. Readers return a harmless value after noting a problem."""

    __slots__ = ("file", "node", "path", "source")

    def __init__(self, source: Source, file: Path, path: tuple[str, ...], node: Any) -> None:
        """A node at `path` (keys from the top) of `file`."""
        self.source = source
        self.file = file
        self.path = path
        self.node = node

    @property
    def line(self) -> int:
        """Line of the node, counted from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def name(self) -> str:
        """Path as people write it: `replies.ok.te`."""
        return ".".join(self.path) or "the file"

    def problem(self, what: str, mend: str) -> None:
        """Notes a problem at this node."""
        self.source.add(self.file, self.line, what, mend)

    def is_null(self) -> bool:
        """Whether the value is absent (`key:` or `key: null`)."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == _NULL

    def children(self) -> dict[str, Node]:
        """Entries of a mapping, whatever their names."""
        if not isinstance(self.node, yaml.MappingNode):
            self.problem(f"{self.name} must be a mapping", "write `key: value` lines under it")
            return {}
        found: dict[str, Node] = {}
        for key_node, value in self.node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            path = (*self.path, key)
            line = key_node.start_mark.line + 1
            if key in found:
                mend = "keep one of the two; YAML would silently use the last"
                self.source.add(self.file, line, f"`{key}` is given twice", mend)
            elif not isinstance(key_node, yaml.ScalarNode) or key_node.tag != _TEXT:
                mend = f'put the key in quotes: `"{key}":`'
                self.source.add(self.file, line, f"the key `{key}` is not text", mend)
            elif TODO in key:
                what = f"the key `{key}` is still to be done"
                self.source.add(self.file, line, what, "replace the TODO")
            self.source.positions[(self.file, path)] = line
            found[key] = Node(self.source, self.file, path, value)
        return found

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Node]:
        """Entries of a mapping whose keys are known; notes unknown and missing ones."""
        required, optional = tuple(required), tuple(optional)
        found = self.children()
        known = (*required, *optional)
        for key in [k for k in found if k not in known]:
            line = self.source.positions[(self.file, (*self.path, key))]
            mend = did_you_mean(key, known)
            self.source.add(self.file, line, f"unknown key `{key}` in {self.name}", mend)
            del found[key]
        for key in required:
            if key not in found and isinstance(self.node, yaml.MappingNode):
                self.problem(f"`{key}` is missing in {self.name}", f"add `{key}:`")
        return found

    def items(self) -> list[Node]:
        """Entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.problem(f"{self.name} must be a list", "write `- item` lines, or `[]` for none")
            return []
        return [
            Node(self.source, self.file, (*self.path, str(place)), child)
            for place, child in enumerate(self.node.value)
        ]

    def text(self) -> str:
        """A string; empty after a problem."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode):
            self.problem(f"{self.name} must be text", "write one piece of text in quotes")
            return ""
        value = node.value.strip()
        if value and node.tag != _TEXT:
            self.problem(f"`{value}` in {self.name} is not text", f'put it in quotes: "{value}"')
        elif not value:
            self.problem(f"{self.name} is empty", "fill it in, or remove the line")
        elif TODO in value:
            self.problem(f"{self.name} is still to be done: `{value}`", "replace the TODO")
        return str(value)

    def cut(self) -> bool:
        """Whether unquoted text is followed by a `#`, where YAML sees a comment and people often
        meant the sign itself: `- card #12 get printed`."""
        if self.node.style:
            return False
        end = self.node.end_mark
        return self.source.line(self.file, end.line)[end.column :].lstrip().startswith("#")

    def texts(self) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(item.text() for item in self.items())

    def words(self, languages: Collection[str]) -> Words:
        """One text per reply language, complete."""
        return {key: node.text() for key, node in self.fields(languages).items()}

    def flag(self) -> bool:
        """`true` or `false`."""
        if isinstance(self.node, yaml.ScalarNode) and self.node.value in ("true", "false"):
            return bool(self.node.value == "true")
        self.problem(f"{self.name} must be true or false", "write `true` or `false`, no quotes")
        return False

    def whole(self) -> int:
        """A whole number."""
        value = getattr(self.node, "value", None)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        self.problem(f"{self.name} must be a whole number", "write digits only, no quotes")
        return 0

    def seconds(self) -> float:
        """A positive number of seconds."""
        plain = self.plain()
        if isinstance(plain, (int, float)) and not isinstance(plain, bool) and plain > 0:
            return float(plain)
        self.problem(f"{self.name} must be a number of seconds", "write a number above 0")
        return 1.0

    def day(self) -> datetime.date:
        """A day as ISO 8601 writes it."""
        try:
            return datetime.date.fromisoformat(str(getattr(self.node, "value", "")))
        except ValueError:
            self.problem(f"{self.name} must be a day", "write it as 2026-11-29")
            return datetime.date.min

    def one_of(self, known: Collection[str]) -> str:
        """A string from a closed set."""
        value = self.text()
        if value and TODO not in value and value not in known:
            self.problem(f"`{value}` is unknown in {self.name}", did_you_mean(value, known))
        return value

    def record(self, kind: type[T]) -> T | None:
        """The node as a typed record; None after a problem."""
        before = len(self.source.problems)
        self.plain()  # notes repeated keys, and the line of each
        if len(self.source.problems) > before:
            return None
        try:
            return to_record(plain(self.node), kind, self.path)
        except Faults as error:
            for at, what, mend in error.faults:
                known = (at[:end] for end in range(len(at), len(self.path), -1))
                lines = (self.source.positions.get((self.file, place)) for place in known)
                line = next((line for line in lines if line), self.line)
                self.source.add(self.file, line, what, mend)
        return None

    def plain(self, depth: int = 0) -> Any:
        """The node as plain values (str, int, float, bool, None, list, dict)."""
        if depth > _DEEPEST:
            self.problem(f"{self.name} is nested too deeply", "flatten it")
            return None
        if isinstance(self.node, yaml.MappingNode):
            return {key: child.plain(depth + 1) for key, child in self.children().items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [item.plain(depth + 1) for item in self.items()]
        return _scalar(self.node)


def _scalar(node: yaml.ScalarNode) -> Any:
    kind, value = node.tag.rsplit(":", 1)[-1], node.value
    if kind == "null":
        return None
    if kind == "bool" and value in ("true", "false"):
        return value == "true"
    try:
        if kind == "int":
            return int(value)
        if kind == "float":
            return float(value)
    except ValueError:
        pass
    return value
