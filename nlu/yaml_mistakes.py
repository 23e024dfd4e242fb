"""What is most likely wrong in a YAML file that cannot be read, and in which line.

libyaml names the line where it gave up and its own state there ("did not find expected key"), often
a line late. People make few mistakes: a tab, a quote too many or too few, text that needs quotes, a
line that stands a little to the left or right. Each is looked for here, upwards from that line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_FAR = 40  # lines upwards; a quote that was not closed is noticed late
_ENTRY = re.compile(r"\s*(?:-\s+)*(?:[^\s\"'#“”„‟«»][^:\"']*:(?:\s+|$))?")
"""Indentation, dashes and a key before a value."""
_SPECIAL = "@`%*&!|>{}[],?"
_CURLY = "“”„‟«»"
OTHER = "correct the YAML here or just above: indentation, quotes, colons"


def mistake(text: str, line: int) -> tuple[int, str]:
    """The likely line (from 1) of what libyaml noticed at `line`, and what to do about it."""
    lines = text.splitlines() or [""]
    line = max(1, min(line, len(lines)))
    nearest = range(line, max(0, line - _FAR), -1)
    for find in (_tab, _quote, _unquoted):
        for number in nearest:
            found = find(lines[number - 1])
            if found:
                return number, found
    for number in (line, line - 1):
        found = _indent(lines[:number])
        if found:
            return number, found
    return line, OTHER


def _tab(line: str) -> str | None:
    blank = line[: len(line) - len(line.lstrip())]
    return "the line begins with a tab: write spaces in its place" if "\t" in blank else None


def _value(line: str) -> str:
    """What stands behind dashes and a key, without a comment behind it."""
    entry = _ENTRY.match(line)
    assert entry is not None  # it may be empty
    value = line[entry.end() :]
    if value[:1] not in ('"', "'"):
        value = re.split(r"(?:^|\s)#", value, maxsplit=1)[0]
    return value.strip()


def _quote(line: str) -> str | None:
    value = _value(line)
    mark = value[:1]
    if mark and mark in _CURLY:
        return f'`{mark}` is no quote to YAML: write a straight one, `"`'
    if mark not in ('"', "'"):
        return None
    escaped = r"(?:\\.|[^\"\\])*" if mark == '"' else r"(?:''|[^'])*"
    whole = re.match(f"{mark}{escaped}{mark}", value)
    if whole is None:
        return f"the quote `{mark}` that opens here is not closed in this line: close it"
    after = value[whole.end() :].strip()
    if not after or after.startswith(("#", ":", ",")):
        return _escape(whole[0]) if mark == '"' else None
    inside = '`\\"`' if mark == '"' else "`''`"
    return f"the quote is closed before `{after}`: write a quote inside quotes as {inside}"


def _escape(quoted: str) -> str | None:
    known = r"\\(?![0abtnvfre\"/\\N_LPxuU \t])(.)"
    found = re.search(known, re.sub(r"\\\\", "", quoted))
    return (
        f"`\\{found[1]}` means nothing in quotes: write `\\\\` for a backslash" if found else None
    )


def _unquoted(line: str) -> str | None:
    value = _value(line)
    if not value or value[0] in "\"'":
        return None
    if value[0] in _SPECIAL and not _flow(value):
        return f"text that begins with `{value[0]}` needs quotes"
    if re.search(r":(\s|$)", value) and not _flow(value):
        return 'text with a colon needs quotes: "..."'
    return None


def _flow(value: str) -> bool:
    """Whether a list or mapping in one line, or a text in several, is begun."""
    closed = {"[": "]", "{": "}"}.get(value[0])
    return value in ("|", ">", "|-", ">-") or bool(closed and value.endswith(closed))


def _indent(lines: Sequence[str]) -> str | None:
    """Whether the last line stands at no column where a line above it has begun."""
    if not lines or not lines[-1].strip():
        return None
    own, above = _column(lines[-1]), list(_columns(lines[:-1]))
    if not above or own in above:
        return None
    before = above[0]
    if own > before and _opens(lines[:-1]):
        return None
    return f"the line begins at column {own + 1}, the one above at {before + 1}: indent it alike"


def _columns(lines: Sequence[str]) -> Iterator[int]:
    """The columns of the blocks that are open behind these lines, the innermost first."""
    least: int | None = None
    for line in reversed(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        column = _column(line)
        if least is None or column < least:
            least = column
            yield column


def _column(line: str) -> int:
    return len(line) - len(line.lstrip())


def _opens(lines: Sequence[str]) -> bool:
    """Whether the line above may have lines of its own below it."""
    last = next((line for line in reversed(lines) if line.strip()), "")
    return last.rstrip().endswith((":", "|", ">", "|-", ">-", "-"))
