"""Two contents of a file side by side: as a unified diff, and as rows of a page."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.header import Header

from nlu.changes.proposal import Author, FileChange

_NO_END = "\\ No newline at end of file\n"
_AROUND = 3


@dataclass(frozen=True)
class Row:
    """A line: `sign` is "+", "-", " ", or "@" where lines are left out. Numbers are from 1; 0 is
    none."""

    sign: str
    text: str
    old: int = 0
    new: int = 0


def rows(before: bytes, after: bytes) -> list[Row]:
    """The lines that differ, with a few around them."""
    a, b = _lines(before), _lines(after)
    found: list[Row] = []
    for group in _matcher(a, b).get_grouped_opcodes(_AROUND):
        if found:
            found.append(Row("@", ""))
        for tag, i, j, k, m in group:
            if tag == "equal":
                found += [Row(" ", _shown(a[n]), n + 1, k + n - i + 1) for n in range(i, j)]
            else:
                found += [Row("-", _shown(a[n]), n + 1) for n in range(i, j)]
                found += [Row("+", _shown(b[n]), 0, n + 1) for n in range(k, m)]
    return found


def patch(changes: Sequence[FileChange], author: Author, at: str, reason: str, top: str) -> bytes:
    """A mail of a patch, which `git am` and `patch -p1` take. `at` is a date of RFC 5322, `top` the
    folder of the files, such as `data`."""
    subject = Header(f"[PATCH] {reason}", "utf-8", header_name="Subject").encode()
    sender = Header(author.name, "utf-8").encode()
    head = (
        f"From {'0' * 40} Mon Sep 17 00:00:00 2001\nFrom: {sender} <{author.email}>\nDate: {at}\n"
        f"Subject: {subject}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
        "Content-Transfer-Encoding: 8bit\n\n---\n\n"
    )
    return (head + "".join(unified(one, top) for one in changes) + "-- \nseva\n").encode("utf-8")


def unified(change: FileChange, top: str) -> str:
    """A unified diff of one file, as Git writes it."""
    name = f"{top}/{change.name}" if top else change.name
    a, b = _lines(change.before), _lines(change.after)
    lines = [*difflib.unified_diff(a, b, f"a/{name}", f"b/{name}", n=_AROUND)]
    if not lines:
        return ""
    return f"diff --git a/{name} b/{name}\n" + "".join(_ended(lines))


def _ended(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{_NO_END}"


def _matcher(a: Sequence[str], b: Sequence[str]) -> difflib.SequenceMatcher[str]:
    return difflib.SequenceMatcher(None, a, b, autojunk=False)


def _lines(content: bytes) -> list[str]:
    """Lines as Git counts them: only `\\n` ends one."""
    pieces = content.decode("utf-8", "replace").split("\n")
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _shown(line: str) -> str:
    return line.rstrip("\r\n")
