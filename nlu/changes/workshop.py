"""What the editor's pages and commands do with the catalogue: read, try out, keep, hand over."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nlu.catalogue.errors import Problem
from nlu.changes.check import Base, check_edited, check_whole
from nlu.changes.diff import Row, rows
from nlu.changes.document import CannotEdit, Document
from nlu.changes.edits import Edit, EditRefused, edited, place_of, wanted
from nlu.changes.folder_proposals import FolderProposals
from nlu.changes.git import GitFailed
from nlu.changes.git_proposals import GitProposals
from nlu.changes.proposal import (
    Author,
    Change,
    NewContent,
    OtherVersion,
    Proposal,
    Proposals,
    checked_file,
    is_edited_here,
    version_of,
)
from nlu.log import get_logger

log = get_logger(__name__)
FOLDER = "changes"
"""In SEVA_VAR_DIR: proposals where there is no Git, copies of the catalogue where there is."""


@dataclass(frozen=True)
class Tried:
    """What edits of a file would make of it. `problems` are those of `seva check`; `lines` has the
    line of each edit in the new file, 0 where it is gone."""

    file: str
    version: str
    content: bytes
    rows: Sequence[Row]
    problems: Sequence[Problem]
    lines: Sequence[int]

    @property
    def changes_nothing(self) -> bool:
        """Whether the file stays as it is."""
        return not self.rows

    def of_edit(self, number: int) -> list[Problem]:
        """The problems in the line of one edit."""
        line = self.lines[number]
        return [p for p in self.problems if line and p.line == line and p.file.name in self.file]

    @property
    def elsewhere(self) -> list[Problem]:
        """Those that no edit stands beside."""
        beside = {id(p) for number in range(len(self.lines)) for p in self.of_edit(number)}
        return [p for p in self.problems if id(p) not in beside]


@dataclass(frozen=True)
class Clash:
    """One edit of somebody who began from another version of the file: the line as it was then, as
    it is now (None: gone), and as it was to be (None: taken out)."""

    was: str
    now: str | None
    mine: str | None

    @property
    def is_lost(self) -> bool:
        """Whether both changed the same line."""
        return bool(self.was) and self.now != self.was


class Conflict(Exception):
    """Somebody else has changed the file. `version` is that of the file now; `still_fits`: the
    edits can be made of it as it is now."""

    def __init__(self, version: str, clashes: Sequence[Clash], still_fits: bool) -> None:
        super().__init__("somebody else has changed the file meanwhile")
        self.version, self.clashes, self.still_fits = version, clashes, still_fits


class Faulty(Exception):
    """`seva check` finds something; nothing was kept."""

    def __init__(self, tried: Tried) -> None:
        super().__init__("\n".join(map(str, tried.problems)))
        self.tried = tried


class Workshop:
    """The catalogue as people change it. Methods wait for disks: call them in a thread."""

    def __init__(self, proposals: Proposals) -> None:
        self.proposals = proposals
        self._bases: dict[object, Base] = {}
        self._reading = threading.Lock()

    def base(self, proposal: str | None = None) -> Base:
        """The catalogue as it is, or as a proposal leaves it. Reading it takes seconds the first
        time."""
        root = self.proposals.base()
        state = _state_of(root)
        with self._reading:
            if state not in self._bases:
                read = _read(root, state)
                self._bases.clear()
                self._bases[state] = read
            base = self._bases[state]
        if not proposal:
            return base
        changes = self.proposals.files(proposal)
        key = (state, *((one.name, version_of(one.after)) for one in changes))
        made = self._bases.get(key)
        if made is None:
            made = base
            for one in changes:
                if is_edited_here(one.name):
                    made = made.with_file(one.name, one.after)
            with self._reading:
                while len(self._bases) > 8:
                    self._bases.pop(next(k for k in self._bases if k != state))
                self._bases[key] = made
        return made

    def state(self) -> tuple[object, ...]:
        """What is another one after the catalogue has changed."""
        return _state_of(self.proposals.base())

    def content(self, file: str, proposal: str | None = None) -> tuple[bytes, str]:
        """A file and its version."""
        content = self.proposals.read(checked_file(file), proposal)
        return content, version_of(content)

    def attempt(
        self, file: str, version: str, edits: Sequence[Edit], proposal: str | None = None
    ) -> Tried:
        """Makes the edits and checks the file, and keeps nothing. Raises EditRefused, Conflict,
        NoSuchFile, NoSuchProposal."""
        content, now = self.content(file, proposal)
        if now != version:
            raise conflict(content, edits)
        return _tried(self.base(proposal), file, content, edits)

    def attempt_all(self, edits: Mapping[str, Sequence[Edit]]) -> list[Tried]:
        """The same for several files as they are, each checked with those before it. Raises
        EditRefused with the file, NoSuchFile."""
        base, found = self.base(), []
        for file, some in edits.items():
            content, _ = self.content(file)
            try:
                found.append(_tried(base, file, content, some))
            except EditRefused as error:
                raise EditRefused(str(error), error.field, error.number, file) from None
            base = base.with_file(file, found[-1].content)
        return found

    def keep(
        self,
        tried: Tried,
        edits: Sequence[Edit],
        author: Author,
        reason: str,
        proposal: str | None = None,
    ) -> Proposal:
        """Keeps what was tried. Raises Faulty, Conflict, ReasonRefused, EditRefused where nothing
        changes, NoSuchProposal, GitFailed."""
        return self.keep_all([tried], {tried.file: edits}, author, reason, proposal)

    def keep_all(
        self,
        tried: Sequence[Tried],
        edits: Mapping[str, Sequence[Edit]],
        author: Author,
        reason: str,
        proposal: str | None = None,
    ) -> Proposal:
        """The same for several files, in one change: all of them or none."""
        if all(one.changes_nothing for one in tried):
            raise EditRefused("nothing is changed")
        for one in tried:
            if one.problems:
                raise Faulty(one)
        contents = [NewContent(one.file, one.version, one.content) for one in tried]
        try:
            return self.proposals.keep(Change(contents, author, reason, proposal))
        except OtherVersion as error:
            raise conflict(error.content, edits[error.file]) from None

    def check(self, proposal: str) -> tuple[Problem, ...]:
        """All of `seva check`, of the catalogue as the proposal leaves it. Takes many seconds."""
        base = self.proposals.base()
        with tempfile.TemporaryDirectory(prefix="seva-staged-") as folder:
            staged = Path(folder) / "data"
            shutil.copytree(base, staged, copy_function=os.symlink)
            for one in self.proposals.files(proposal):
                file = staged / one.name
                file.unlink(missing_ok=True)
                if one.after:
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(one.after)
            return check_whole(staged)


def _tried(base: Base, file: str, content: bytes, edits: Sequence[Edit]) -> Tried:
    after = edited(content, edits)
    problems = () if after == content else check_edited(base, file, after)
    document = Document(after)
    lines = [document.line(*(place_of(edit, document) or ("",))) or 0 for edit in edits]
    return Tried(file, version_of(content), after, rows(content, after), problems, lines)


def conflict(content: bytes, edits: Sequence[Edit]) -> Conflict:
    """What stands against edits that began from another version than `content`."""
    try:
        edited(content, edits)
        fits = True
    except EditRefused:
        fits = False
    document = Document(content)
    clashes = []
    for edit in edits:
        place = place_of(edit, document)
        now = document.value(*place) if place else None
        was, mine = wanted(edit)
        clashes.append(Clash(was, now if isinstance(now, str) else None, mine))
    return Conflict(version_of(content), clashes, fits)


def open_workshop(data: Path, var: Path, committer: Author) -> Workshop:
    """Over the repository that the data folder is part of, or over files in `var` where there is
    none."""
    kept = var / FOLDER
    try:
        return Workshop(GitProposals(data, kept / "copies", committer))
    except GitFailed as error:
        log.info("changes_without_git", why=str(error))
        return Workshop(FolderProposals(data, kept))


def readable(content: bytes) -> Document:
    """The file, to show its texts. Raises EditRefused."""
    try:
        return Document(content)
    except CannotEdit as error:
        raise EditRefused(str(error)) from None


@lru_cache(maxsize=2)
def _read(root: Path, state: tuple[object, ...]) -> Base:
    """Once for all of a process."""
    return Base.read(root)


def _state_of(root: Path) -> tuple[object, ...]:
    stats = ((path, path.stat()) for path in sorted(root.rglob("*.yml")))
    return (root, *((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in stats))
