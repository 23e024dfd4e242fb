"""A change proposal: edits of several files that wait for somebody to take them over."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal, Protocol

State = Literal["open", "merged", "discarded"]
LONGEST_REASON = 200
"""Characters of a reason: it is the first line of a commit."""
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
_FILE = re.compile(r"(services/[a-z0-9_]+|conversation(/[a-z0-9_]+)?|talk)/[a-z0-9_]+\.yml")


class NoSuchFile(LookupError):
    """A name that is no file of the catalogue which people edit here."""


class NoSuchProposal(LookupError):
    """There is no such proposal, or it is closed."""


class ReasonRefused(ValueError):
    """A change without a reason, or with one that is no line."""


class OtherVersion(Exception):
    """A file is not any more what the edit began from; `content` is what it is now."""

    def __init__(self, file: str, content: bytes) -> None:
        super().__init__(f"somebody else has changed {file} meanwhile")
        self.file, self.content = file, content


class NotTaken(RuntimeError):
    """A proposal cannot be taken over as it is; nothing was changed. `files` are those which
    somebody has changed meanwhile, none where something else is in the way."""

    def __init__(self, what: str, files: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.files = files


@dataclass(frozen=True)
class Author:
    """Who changes something: a name, and the address that stands beside it in the commit."""

    name: str
    email: str


@dataclass(frozen=True)
class Kept:
    """One change that was kept: who, when (ISO 8601), and why."""

    author: str
    at: str
    reason: str

    @property
    def moment(self) -> float:
        """When, in seconds since 1970."""
        return datetime.fromisoformat(self.at.replace("Z", "+00:00")).timestamp()


@dataclass(frozen=True)
class Proposal:
    """`changes` are the first one first; `branch` is empty where there is no Git."""

    id: str
    state: State
    changes: Sequence[Kept]
    files: Sequence[str]
    branch: str = ""

    @property
    def title(self) -> str:
        """The reason of the first change."""
        return self.changes[0].reason if self.changes else self.id

    @property
    def authors(self) -> list[str]:
        """Everybody who has changed something, once."""
        return list(dict.fromkeys(change.author for change in self.changes))

    @property
    def moment(self) -> float | None:
        """When the last change was made, in seconds since 1970."""
        return self.changes[-1].moment if self.changes else None


@dataclass(frozen=True)
class FileChange:
    """A file of a proposal, before and after it."""

    name: str
    before: bytes
    after: bytes


@dataclass(frozen=True)
class NewContent:
    """A file's new content. `version` is that of the content which the edit began from."""

    file: str
    version: str
    content: bytes


@dataclass(frozen=True)
class Change:
    """New contents of files, kept all or none. `proposal` is the one that they are added to; None
    for a new one."""

    contents: Sequence[NewContent]
    author: Author
    reason: str
    proposal: str | None = None


class Proposals(Protocol):
    """Where proposals are kept. Methods wait for disks and processes: call them in a thread."""

    def base(self) -> Path:
        """The data folder that edits begin from. Nobody changes it."""
        ...

    def all(self) -> list[Proposal]:
        """The newest first."""
        ...

    def get(self, proposal: str) -> Proposal:
        """One. Raises NoSuchProposal."""
        ...

    def read(self, file: str, proposal: str | None = None) -> bytes:
        """A file as a proposal has it, or as it is. Raises NoSuchFile and NoSuchProposal."""
        ...

    def keep(self, change: Change) -> Proposal:
        """Adds a change to a proposal. Raises OtherVersion, NoSuchFile and NoSuchProposal."""
        ...

    def discard(self, proposal: str) -> None:
        """Closes a proposal; what it was stays to be read. Raises NoSuchProposal."""
        ...

    def take_over(self, proposal: str, by: Author) -> None:
        """Makes it part of the catalogue that is trained. Raises NoSuchProposal, NotTaken."""
        ...

    def files(self, proposal: str) -> list[FileChange]:
        """What it changes. Raises NoSuchProposal."""
        ...

    def patch(self, proposal: str) -> bytes:
        """The same as `git am` takes it. Raises NoSuchProposal."""
        ...


def version_of(content: bytes) -> str:
    """What names a content of a file."""
    return hashlib.sha256(content).hexdigest()


def new_id() -> str:
    """A name for a proposal, in the order of time."""
    return f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def checked_id(proposal: str) -> str:
    """The same, if it can be one. Raises NoSuchProposal."""
    if not _ID.fullmatch(proposal):
        raise NoSuchProposal(proposal)
    return proposal


def checked_file(name: str) -> str:
    """The name of a file, relative to the data folder, if people edit it here: a service, a
    conversation intent, or talk. Nothing that leads elsewhere has that form. Raises NoSuchFile."""
    if not is_edited_here(name):
        raise NoSuchFile(name)
    return name


def is_edited_here(name: str) -> bool:
    """Whether people edit a file of that name here."""
    return _FILE.fullmatch(name) is not None


def checked_reason(reason: str) -> str:
    """The reason as one line. Raises ReasonRefused."""
    line = " ".join("".join(map(_seen, reason)).split())
    if not line:
        raise ReasonRefused("say in a few words why: others read it beside the change")
    if len(line) > LONGEST_REASON:
        raise ReasonRefused(f"the reason has {len(line)} characters, at most {LONGEST_REASON}")
    return line


def _seen(sign: str) -> str:
    return " " if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") else sign
