"""A YAML file whose texts are exchanged one by one, with every other byte as it was.

The files are people's: comments, order, blank lines, line ends and quotes stay. A round trip
through ruamel.yaml does not keep them: it wraps long lines, chooses indents of its own and writes
flow mappings anew, so that a change of one word shows as a change of hundreds of lines. So the file
is only read as YAML, for the places (libyaml counts code points) at which each node begins and
ends, and the text between two places is replaced. What was written is then read again and compared
with what was meant; an edit that would change anything else is refused and nothing is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from nlu.changes.scalar import quoted
from nlu.fast_yaml import LOADER

Path = tuple[str, ...]
"""Keys and list positions from the top of a file: `("utterances", "te", "3")`."""
_BOM = "\ufeff"
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class CannotEdit(ValueError):
    """The file has not the shape that the edit needs; the message says what to do by hand."""


class Document:
    """One file. Editing methods change `text`, or raise CannotEdit and change nothing."""

    def __init__(self, content: bytes) -> None:
        """Raises CannotEdit for what is not YAML in UTF-8 with a mapping at its top."""
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise CannotEdit("the file is not UTF-8 text: save it as UTF-8") from None
        self._bom = text.startswith(_BOM)
        self.text = text[len(_BOM) :] if self._bom else text
        self._top = _composed(self.text)

    @property
    def content(self) -> bytes:
        """The file as it is now."""
        return (_BOM * self._bom + self.text).encode("utf-8")

    def value(self, *path: str) -> Any:
        """What stands at a path, as plain strings, lists and mappings; None where nothing is."""
        node = self._find(path)
        return None if node is None else _plain(node)

    def line(self, *path: str) -> int | None:
        """The line of a path, counted from 1; None where nothing is."""
        node = self._find(path)
        return None if node is None else int(node.start_mark.line) + 1

    def exchange(self, path: Path, text: str, quote: Callable[[str], str] = quoted) -> None:
        """Puts `text` in the place of the scalar at `path`; `quote` writes it."""
        node = self._need(path)
        if not isinstance(node, yaml.ScalarNode):
            raise CannotEdit(f"`{'.'.join(path)}` is no single text")
        start, end = node.start_mark.index, self._text_end(node)
        meant = _with(self._plain(), path, text)
        self._write(start, end, quote(text), meant)

    def append(self, path: Path, text: str) -> None:
        """Adds `text` as the last entry of the list at `path`. A list that is not there yet is made
        as the last key of the mapping above it."""
        node = self._find(path)
        if node is None:
            self._new_list(path, text)
            return
        if not isinstance(node, yaml.SequenceNode):
            raise CannotEdit(f"`{'.'.join(path)}` is no list")
        meant = _with(self._plain(), path, [*_plain(node), text])
        if node.flow_style:
            at, before = (
                (node.value[-1].end_mark.index, ", ")
                if node.value
                else (node.start_mark.index + 1, "")
            )
            self._write(at, at, before + quoted(text), meant)
            return
        entry = f"{' ' * node.start_mark.column}- {quoted(text)}"
        self._new_line_after(self._last_end(node), entry, meant)

    def remove(self, path: Path) -> None:
        """Takes one entry out of a list. With the last entry the key of the list goes as well."""
        *above, place = path
        node = self._need(tuple(above))
        if not isinstance(node, yaml.SequenceNode) or not place.isdigit():
            raise CannotEdit(f"`{'.'.join(path)}` is no entry of a list")
        if int(place) >= len(node.value):
            raise CannotEdit(f"`{'.'.join(above)}` has no entry {int(place) + 1}")
        if len(node.value) == 1:
            self._remove_key(tuple(above))
            return
        at, values = int(place), node.value
        kept = [value for number, value in enumerate(_plain(node)) if number != at]
        meant = _with(self._plain(), tuple(above), kept)
        if node.flow_style:
            if at:  # with the comma before it
                start, end = values[at - 1].end_mark.index, values[at].end_mark.index
            else:
                start, end = values[0].start_mark.index, values[1].start_mark.index
            self._write(start, end, "", meant)
        else:
            self._remove_lines(values[at].start_mark.index, self._last_end(values[at]), meant)

    def insert_words(self, path: Path, words: Mapping[str, str], after: Sequence[str]) -> None:
        """Adds the key `path[-1]` with a line for each of its words below it to the mapping above,
        behind the last of the keys `after` that is there, or first."""
        *above, key = path
        node = self._need(tuple(above))
        if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
            raise CannotEdit(f"`{'.'.join(above)}` is not written with a line for each key")
        if any(name.value == key for name, _ in node.value):
            raise CannotEdit(f"`{'.'.join(path)}` is there already")
        column = node.start_mark.column
        lines = [f"{' ' * column}{key}:"]
        lines += [f"{' ' * (column + 2)}{name}: {quoted(text)}" for name, text in words.items()]
        meant = _with(self._plain(), path, dict(words))
        before = [value for name, value in node.value if name.value in after]
        block = self._newline().join(lines)
        if before:
            self._new_line_after(self._last_end(before[-1]), block, meant)
        else:
            start = self._line_start(node.value[0][0].start_mark.index)
            self._write(start, start, block + self._newline(), meant)

    # How it is done: places in the text, never lines that are written anew.

    def _new_list(self, path: Path, text: str) -> None:
        *above, key = path
        node = self._need(tuple(above))
        if not isinstance(node, yaml.MappingNode) or not node.value:
            raise CannotEdit(f"`{'.'.join(above)}` is no mapping that has keys")
        meant = _with(self._plain(), path, [text])
        last = node.value[-1][1]
        if node.flow_style:
            at = last.end_mark.index
            self._write(at, at, f", {key}: [{quoted(text)}]", meant)
            return
        indent = " " * node.start_mark.column
        lines = [f"{indent}{key}:", f"{indent}  - {quoted(text)}"]
        self._new_line_after(self._last_end(last), self._newline().join(lines), meant)

    def _remove_key(self, path: Path) -> None:
        *above, key = path
        node = self._need(tuple(above))
        if not isinstance(node, yaml.MappingNode) or node.flow_style or len(node.value) == 1:
            raise CannotEdit(f"the last entry of `{'.'.join(path)}` cannot be taken out")
        plain = {name: value for name, value in _plain(node).items() if name != key}
        meant = _with(self._plain(), tuple(above), plain)
        name, value = next(pair for pair in node.value if pair[0].value == key)
        self._remove_lines(name.start_mark.index, self._last_end(value), meant)

    def _new_line_after(self, at: int, block: str, meant: Any) -> None:
        end = _LINE_END.search(self.text, at)
        if end:
            self._write(end.end(), end.end(), block + self._newline(at), meant)
        else:  # the file's last line has no end, and goes on without one
            self._write(len(self.text), len(self.text), self._newline() + block, meant)

    def _remove_lines(self, first: int, last: int, meant: Any) -> None:
        """From the line of place `first` to that of place `last`, whole."""
        start, end = self._line_start(first), _LINE_END.search(self.text, last)
        if end is None and start:  # the last line: its end was that of the line before
            before = [one for one in _LINE_END.finditer(self.text, 0, start)][-1]
            start = before.start()
        self._write(start, end.end() if end else len(self.text), "", meant)

    def _last_end(self, node: Any) -> int:
        """Where the last thing that is written of a node ends. A block collection itself ends where
        the next token begins, behind comments that are not its own."""
        while isinstance(node, (yaml.MappingNode, yaml.SequenceNode)):
            if node.flow_style or not node.value:
                break
            last = node.value[-1]
            node = last[1] if isinstance(node, yaml.MappingNode) else last
        if isinstance(node, yaml.ScalarNode):
            return self._text_end(node)
        return int(node.end_mark.index)

    def _text_end(self, scalar: Any) -> int:
        """Where the text of a scalar ends: a block one's own end is behind its last line end."""
        start, end = scalar.start_mark.index, scalar.end_mark.index
        return int(start + len(self.text[start:end].rstrip()))

    def _line_start(self, at: int) -> int:
        ends = [one.end() for one in _LINE_END.finditer(self.text, 0, at)]
        return ends[-1] if ends else 0

    def _newline(self, at: int = 0) -> str:
        """The line end that the file has at a place, or anywhere; `\\n` where it has none."""
        found = _LINE_END.search(self.text, at) or _LINE_END.search(self.text)
        return found.group() if found else "\n"

    def _write(self, start: int, end: int, piece: str, meant: Any) -> None:
        """Exchanges one piece, if the whole then reads as `meant`."""
        text = self.text[:start] + piece + self.text[end:]
        try:
            top = _composed(text)
        except CannotEdit:
            raise CannotEdit("the file is written in a way that cannot be edited here") from None
        if _plain(top) != meant:
            raise CannotEdit("the edit would change more than it says: edit the file by hand")
        self.text, self._top = text, top

    def _plain(self) -> Any:
        return _plain(self._top)

    def _need(self, path: Path) -> Any:
        node = self._find(path)
        if node is None:
            raise CannotEdit(f"the file has no `{'.'.join(path)}`")
        return node

    def _find(self, path: Sequence[str]) -> Any:
        node = self._top
        for step in path:
            below = dict(_children(node))
            if step not in below:
                return None
            node = below[step]
        return node


def _composed(text: str) -> Any:
    try:
        top = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise CannotEdit(f"the file is no YAML: {error}") from None
    if not isinstance(top, yaml.MappingNode):
        raise CannotEdit("the file has no keys at its top")
    return top


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), value
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield str(place), value


def _plain(node: Any) -> Any:
    """A node as strings, lists and mappings. A scalar is its words: `no` and `"no"` are the same
    here, and an edit exchanges no scalar that it does not name."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value) for value in node.value]
    return str(node.value)


def _with(plain: Any, path: Sequence[str], value: Any) -> Any:
    """A copy of a plain value with another one at `path`."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(plain, list):
        at = int(step)
        return [_with(one, rest, value) if n == at else one for n, one in enumerate(plain)]
    return {**plain, step: _with(plain.get(step), rest, value)}
