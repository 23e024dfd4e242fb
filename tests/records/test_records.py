"""YAML as typed records: what fits is taken as it is, what does not is named with its line."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from pathlib import Path
from typing import Any, Literal, NewType

import pytest

from nlu.records import Faults, Misfit, RecordError, key, read_as, read_record, to_record

Short = NewType("Short", str)


def _short(value: Any) -> Short:
    if not isinstance(value, str) or len(value) > 3:
        raise Misfit("is too long", "use three letters")
    return Short(value)


read_as(Short, _short)


@dataclass(frozen=True)
class Wait:
    every: float
    during: float = field(default=60.0, metadata=key("for"))


@dataclass(frozen=True)
class Settings:
    name: str
    tries: int
    waits: Mapping[str, Wait]
    mode: Literal["fast", "careful"] = "fast"
    words: tuple[str, ...] = ()
    pairs: tuple[tuple[int, str], ...] = ()
    kinds: frozenset[str] = frozenset()
    on: bool = False
    since: datetime.date | None = None
    code: Short | None = None
    anything: Mapping[str, Any] | None = None


GOOD = """\
name: power
tries: 3
waits:
  first: {every: 2}
  last: {every: 0.5, for: 10}
"""


def read(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "s.yml").write_text(text, "utf-8")
    return read_record(tmp_path / "s.yml", Settings)


def problems(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(RecordError) as caught:
        read(tmp_path, text)
    return [(one.line, one.what, one.mend) for one in caught.value.problems]


def test_defaults_fill_what_the_file_leaves_out(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found == Settings("power", 3, {"first": Wait(2.0, 60.0), "last": Wait(0.5, 10.0)})
    with pytest.raises(FrozenInstanceError):
        found.tries = 4  # type: ignore[misc]


def test_every_kind_of_value_is_read(tmp_path: Path) -> None:
    more = """\
mode: careful
words: [a, b]
pairs: [[1, x], [2, y]]
kinds: [p, q, p]
"on": true
since: 2027-03-31
code: abc
anything: {deep: [1, {er: null}]}
"""
    found = read(tmp_path, GOOD + more)
    assert (found.mode, found.words, found.pairs) == ("careful", ("a", "b"), ((1, "x"), (2, "y")))
    assert (found.kinds, found.on, found.code) == (frozenset("pq"), True, "abc")
    assert found.since == datetime.date(2027, 3, 31)
    assert found.anything == {"deep": [1, {"er": None}]}


@pytest.mark.parametrize(
    ("line", "at", "what", "mend"),
    [
        ("nam: x", 6, "unknown key `nam` in the file", "did you mean `name`?"),
        ("words: a", 6, "words: must be a list", "write `- item` lines, or `[]` for none"),
        ("words: [a, 7]", 6, "words.1: `7` is not text", 'put it in quotes: "7"'),
        ("words: [a, null]", 6, "words.1: is empty", "fill it in, or remove the line"),
        ("mode: carefull", 6, "mode: `carefull` is not known here", "did you mean `careful`?"),
        ('"on": 1', 6, "on: must be true or false", "write `true` or `false`, no quotes"),
        ("pairs:\n- [1, x]\n- [1]", 8, "pairs.1: must have 2 items", "add or remove some"),
        ("since: soon", 6, "since: must be a day", "write it as 2027-03-31, no quotes"),
        ("code: abcd", 6, "code: is too long", "use three letters"),
        ("name: again", 6, "`name` is given twice", "keep one of the two"),
        ("  third: {for: 1}", 6, "`every` is missing in waits.third", "add `every:`"),
        (
            "  third: {every: 1, fro: 1}",
            6,
            "unknown key `fro` in waits.third",
            "did you mean `for`",
        ),
        ("  third: {every: x}", 6, "waits.third.every: must be a number", "write a number"),
        ("  third: 4", 6, "waits.third: must be a mapping", "write `key: value` lines under it"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_do(
    tmp_path: Path, line: str, at: int, what: str, mend: str
) -> None:
    ((found_at, found_what, found_mend),) = problems(tmp_path, GOOD + line + "\n")
    assert (found_at, found_what) == (at, what)
    assert found_mend.startswith(mend)


@pytest.mark.parametrize("tries", ["3.0", "true", '"3"', "three"])
def test_a_whole_number_is_not_made_of_something_else(tmp_path: Path, tries: str) -> None:
    found = problems(tmp_path, GOOD.replace("tries: 3", f"tries: {tries}"))
    assert [what for _, what, _ in found] == ["tries: must be a whole number"]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, "tries: x\nwaits:\n  a: {every: y}\n  b: 1\n")
    assert [line for line, _, _ in found] == [1, 1, 3, 4]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"name: [", "this is not YAML"),
        (b"name: \xff", "this is not UTF-8 text"),
        (b"[1, 2]", "the file: must be a mapping"),
    ],
)
def test_a_file_that_is_no_record_at_all(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "s.yml").write_bytes(content)
    with pytest.raises(RecordError, match=what):
        read_record(tmp_path / "s.yml", Settings)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"none\.yml:1: the file is missing"):
        read_record(tmp_path / "none.yml", Settings)


def test_keys_come_from_the_defaults_and_mistakes_in_them_too(tmp_path: Path) -> None:
    own, usual = tmp_path / "own.yml", tmp_path / "usual.yml"
    own.write_text("tries: 9\n")
    usual.write_text(GOOD)
    assert read_record(own, Settings, defaults=usual).tries == 9
    usual.write_text(GOOD + "words: 1\n")
    with pytest.raises(RecordError, match=r"usual\.yml:6: words: must be a list"):
        read_record(own, Settings, defaults=usual)


def test_a_check_tells_what_does_not_fit_together(tmp_path: Path) -> None:
    def check(found: Settings) -> Iterator[Misfit]:
        if found.tries > 2:
            yield Misfit("too many tries", "write 2 or less")

    (tmp_path / "s.yml").write_text(GOOD)
    with pytest.raises(RecordError, match=r"s\.yml:1: too many tries; write 2 or less"):
        read_record(tmp_path / "s.yml", Settings, check)


def test_a_plain_value_is_read_without_a_file() -> None:
    assert to_record([{"every": 1}], tuple[Wait, ...]) == (Wait(1.0),)
    with pytest.raises(Faults, match="0: must be a mapping"):
        to_record([1], tuple[Wait, ...])
