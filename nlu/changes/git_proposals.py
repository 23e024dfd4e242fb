"""Proposals as branches of the repository that the data folder lies in.

Each is a branch `catalogue-change/ID` from the commit that is checked out; each change is a commit
by who made it. Commits are made of objects alone, with an index of their own, and a branch moves
only from where the change began (`update-ref` with the old value): neither the files, nor the
index, nor HEAD of whoever works in the checkout is touched, and two changes at once do not lose
each other.
Somebody looks at the branch and merges it as any other, or takes it over in the console, which does
the same: only then the branch that is checked out moves on.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nlu.changes.git import Git, GitFailed
from nlu.changes.proposal import (
    Author,
    Change,
    FileChange,
    Kept,
    NewContent,
    NoSuchFile,
    NoSuchProposal,
    NotTaken,
    OtherVersion,
    Proposal,
    State,
    checked_file,
    checked_id,
    checked_reason,
    new_id,
    version_of,
)
from nlu.storage.file_lock import locked

_OPEN, _DISCARDED = "refs/heads/catalogue-change/", "refs/seva/discarded/"
_TRAILER = "Seva-Proposal"
_NOTHING = "0" * 40
_MOST = 500  # changes of a proposal
_REMEMBERED = 1000  # proposals
_TRIES = 8
_FILE_MODES = ("100644", "100755")
_TRAINING_ONLY = "encoder/"  # weights of 19 MB that no check reads
_FORM = f"%H%x00%P%x00%an%x00%aI%x00%s%x00%(trailers:key={_TRAILER},valueonly,separator=%x2C)"


@dataclass(frozen=True)
class _Ref:
    name: str
    commit: str

    @property
    def id(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def discarded(self) -> bool:
        return self.name.startswith(_DISCARDED)


class GitProposals:
    """`kept` is a folder of this process's own for copies of the catalogue; `committer` stands in
    commits beside the author."""

    def __init__(self, data: Path, kept: Path, committer: Author) -> None:
        """Raises GitFailed where the data folder is not part of a commit."""
        self._git = Git(data)
        self._prefix = self._git.line("rev-parse", "--show-prefix")
        self._top = Git(Path(self._git.line("rev-parse", "--show-toplevel")))
        self._kept, self._committer = kept, committer
        self._known: dict[tuple[_Ref, str], Proposal] = {}
        self._top.line("rev-parse", "--verify", "--quiet", f"HEAD:{self._prefix}languages.yml")

    def base(self) -> Path:
        """A copy of the catalogue as the commit has it that is checked out; what somebody has
        changed in the checkout and not committed is not in it. Made once for each."""
        tree = self._top.line("rev-parse", f"HEAD:{self._prefix}".rstrip("/"))
        folder = self._kept / tree
        data = folder / "data"
        if not data.is_dir():
            self._kept.mkdir(parents=True, exist_ok=True)
            with locked(self._kept / ".lock"):
                if not data.is_dir():
                    self._export(tree, folder)
        return data.absolute()

    def all(self) -> list[Proposal]:
        """As Proposals."""
        head = self._head()
        found = [self._proposal(ref, head) for ref in self._refs()]
        return sorted((one for one in found if one.changes), key=lambda p: p.id, reverse=True)

    def get(self, proposal: str) -> Proposal:
        """As Proposals."""
        return self._proposal(self._ref(proposal))

    def read(self, file: str, proposal: str | None = None) -> bytes:
        """As Proposals."""
        return self._read(file, self._ref(proposal).commit if proposal else self._head())

    def keep(self, change: Change) -> Proposal:
        """As Proposals. Raises GitFailed where Git cannot write."""
        for one in change.contents:
            checked_file(one.file)
        reason = checked_reason(change.reason)
        proposal = change.proposal or new_id()
        for attempt in range(_TRIES):
            if change.proposal:
                tip = self._open(proposal).commit
                old = tip
            else:
                tip, old = self._head(), _NOTHING
            for one in change.contents:
                now = self._read(one.file, tip)
                if version_of(now) != one.version:
                    raise OtherVersion(one.file, now)
            commit = self._commit(change, reason, proposal, tip)
            name = f"{_OPEN}{proposal}"
            try:
                self._top.run("update-ref", "-m", f"seva: {reason}", name, commit, old)
            except GitFailed:  # moved meanwhile: look whether the file is the same still
                if attempt == _TRIES - 1:
                    raise
                continue
            return self._proposal(_Ref(name, commit))
        raise AssertionError

    def discard(self, proposal: str) -> None:
        """As Proposals. The branch goes; `refs/seva/discarded/ID` keeps what it was."""
        ref = self._open(proposal)
        moves = (
            f"create {_DISCARDED}{ref.id}\0{ref.commit}\0delete {ref.name}\0{ref.commit}\0".encode()
        )
        self._top.run("update-ref", "-z", "--stdin", given=moves)

    def take_over(self, proposal: str, by: Author) -> None:
        """As Proposals: a merge commit by who takes it over, on the branch that is checked out,
        and its files in the checkout. Files that somebody has changed there and not committed stand
        in the way, as with `git merge`."""
        ref = self._open(proposal)
        head = self._head()
        if not self._top.works("symbolic-ref", "--quiet", "HEAD"):
            raise NotTaken("no branch is checked out")
        names = self._names(self._began(ref), ref.commit)
        try:
            tree = self._merged(head, ref.commit)
        except GitFailed:
            raise NotTaken("the same lines were changed meanwhile", names) from None
        message = f"{self._proposal(ref).title}\n\nTaken over: {ref.id}\n".encode()
        parents = ("-p", head, "-p", ref.commit)
        who = self._signed(by)
        commit = self._top.run("commit-tree", tree, *parents, given=message, variables=who)
        try:
            self._top.run("merge", "--ff-only", "--quiet", commit.decode().strip())
        except GitFailed as error:
            raise NotTaken(str(error)) from None

    def _merged(self, head: str, tip: str) -> str:
        """The tree of a merge. Raises GitFailed where both changed the same lines."""
        if self._top.works("merge-base", "--is-ancestor", head, tip):
            return self._top.line("rev-parse", f"{tip}^{{tree}}")
        return self._top.line("merge-tree", "--write-tree", head, tip)

    def files(self, proposal: str) -> list[FileChange]:
        """As Proposals."""
        ref = self._ref(proposal)
        base = self._began(ref)
        return [
            FileChange(name, self._at(name, base), self._at(name, ref.commit))
            for name in self._names(base, ref.commit)
        ]

    def patch(self, proposal: str) -> bytes:
        """As Proposals: a mail for each commit."""
        ref = self._ref(proposal)
        return self._top.run(
            *("format-patch", "--stdout", "--no-color", "--no-ext-diff", "--no-textconv"),
            *("--full-index", "--no-signature", f"{self._began(ref)}..{ref.commit}"),
        )

    # References, commits, trees.

    def _head(self) -> str:
        return self._top.line("rev-parse", "--verify", "HEAD^{commit}")

    def _refs(self) -> Iterator[_Ref]:
        told = self._top.line(
            *("for-each-ref", "--format=%(refname) %(objectname)", _OPEN, _DISCARDED)
        )
        for line in told.splitlines():
            ref = _Ref(*line.split(" "))
            try:
                checked_id(ref.id)
            except NoSuchProposal:  # a branch that somebody has called so
                continue
            yield ref

    def _ref(self, proposal: str) -> _Ref:
        checked_id(proposal)
        for ref in self._refs():
            if ref.id == proposal:
                return ref
        raise NoSuchProposal(proposal)

    def _open(self, proposal: str) -> _Ref:
        ref = self._ref(proposal)
        if ref.discarded or self._proposal(ref).state != "open":
            raise NoSuchProposal(proposal)
        return ref

    def _commits(self, ref: _Ref) -> list[list[str]]:
        """Of the proposal alone, the last one first: hash, parents, author, day, subject. What
        somebody has added to the branch by hand belongs to it."""
        told = self._top.run(
            *("log", f"--max-count={_MOST}", "--first-parent", f"--format={_FORM}", "-z"),
            ref.commit,
        )
        fields = told.decode("utf-8", "replace").rstrip("\0\n").split("\0")
        commits = [fields[at : at + 6] for at in range(0, len(fields), 6)]
        own = [n for n, one in enumerate(commits) if ref.id in "".join(one[5:]).strip().split(",")]
        return commits[: own[-1] + 1] if own else []

    def _began(self, ref: _Ref) -> str:
        commits = self._commits(ref)
        return commits[-1][1].split(" ")[0] if commits else ref.commit

    def _proposal(self, ref: _Ref, head: str = "") -> Proposal:
        """Remembered for as long as neither the branch nor HEAD moves. `head`: where HEAD is, for
        those that look at many."""
        key = (ref, head or self._head())
        if key not in self._known:
            while len(self._known) >= _REMEMBERED:
                self._known.pop(next(iter(self._known)))
            self._known[key] = self._looked_up(*key)
        return self._known[key]

    def _looked_up(self, ref: _Ref, head: str) -> Proposal:
        commits = self._commits(ref)
        names = self._names(self._began(ref), ref.commit) if commits else []
        changes = [
            Kept(author, day, subject) for _, _, author, day, subject, *_ in reversed(commits)
        ]
        branch = "" if ref.discarded else ref.name.removeprefix("refs/heads/")
        return Proposal(ref.id, self._state(ref, head, names), changes, names, branch)

    def _state(self, ref: _Ref, head: str, names: list[str]) -> State:
        if ref.discarded:
            return "discarded"
        if self._top.works("merge-base", "--is-ancestor", ref.commit, head):
            return "merged"
        same = (self._blob(name, ref.commit) == self._blob(name, head) for name in names)
        return "merged" if names and all(same) else "open"  # squashed, or taken as a patch

    def _names(self, base: str, tip: str) -> list[str]:
        told = self._top.run("diff", "--name-only", "--no-renames", "-z", base, tip)
        names = told.decode("utf-8", "replace").split("\0")
        inside = (n.removeprefix(self._prefix) for n in names if n.startswith(self._prefix))
        return sorted(name for name in inside if name)

    def _blob(self, file: str, commit: str) -> str:
        """The hash of a file's content; empty where it is none."""
        told = self._top.run("ls-tree", "-z", commit, "--", f"{self._prefix}{file}").decode()
        mode, _, rest = told.partition(" ")
        return rest.split("\t")[0].split(" ")[1] if mode in _FILE_MODES else ""

    def _read(self, file: str, commit: str) -> bytes:
        blob = self._blob(checked_file(file), commit)
        if not blob:
            raise NoSuchFile(file)
        return self._top.run("cat-file", "blob", blob)

    def _at(self, file: str, commit: str) -> bytes:
        """Any file that a branch changes; empty where it is not there."""
        blob = self._blob(file, commit)
        return self._top.run("cat-file", "blob", blob) if blob else b""

    def _commit(self, change: Change, reason: str, proposal: str, tip: str) -> str:
        """The hash of a commit on `tip`, which no branch has yet."""
        entries = [self._entry(one, tip) for one in change.contents]
        with tempfile.TemporaryDirectory(prefix="seva-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._top.run("read-tree", tip, variables=index)
            given = "".join(f"{entry}\0" for entry in entries).encode()
            self._top.run("update-index", "-z", "--index-info", given=given, variables=index)
            tree = self._top.run("write-tree", variables=index).decode().strip()
        who = self._signed(change.author)
        paths = "\n".join(f"{self._prefix}{one.file}" for one in change.contents)
        message = f"{reason}\n\n{paths}\n\n{_TRAILER}: {proposal}\n".encode()
        made = self._top.run("commit-tree", tree, "-p", tip, given=message, variables=who)
        return made.decode().strip()

    def _entry(self, new: NewContent, tip: str) -> str:
        """A file as `update-index --index-info` takes it, with its content among the objects."""
        path = f"{self._prefix}{new.file}"
        told = self._top.run("ls-tree", "-z", tip, "--", path).decode()
        blob = self._top.run("hash-object", "-w", "--stdin", "--no-filters", given=new.content)
        return f"{told.partition(' ')[0]} {blob.decode().strip()}\t{path}"

    def _signed(self, author: Author) -> dict[str, str]:
        """Who stands in a commit."""
        return {
            "GIT_AUTHOR_NAME": _name(author.name),
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_COMMITTER_NAME": _name(self._committer.name),
            "GIT_COMMITTER_EMAIL": self._committer.email,
        }

    def _export(self, tree: str, folder: Path) -> None:
        """Every file byte for byte: `git archive` would change line ends where Git is told to."""
        listed = self._top.run("ls-tree", "-r", "-z", tree).decode("utf-8", "replace")
        entries = [row.split("\t", 1) for row in listed.split("\0") if row]
        wanted = [
            (about.split(" ")[2], name)
            for about, name in entries
            if about.split(" ")[0] in _FILE_MODES and not name.startswith(_TRAINING_ONLY)
        ]
        given = "".join(f"{blob}\n" for blob, _ in wanted).encode()
        told, at = self._top.run("cat-file", "--batch", given=given), 0
        work = Path(tempfile.mkdtemp(dir=self._kept, prefix=".export-"))
        try:
            for _, name in wanted:
                end = told.index(b"\n", at)
                size = int(told[at:end].split(b" ")[2])
                file = work / "data" / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(told[end + 1 : end + 1 + size])
                at = end + 1 + size + 1
            for old in sorted(self._kept.glob("[0-9a-f]*"), key=os.path.getmtime)[:-3]:
                shutil.rmtree(old, ignore_errors=True)  # of commits that nobody stands on any more
            os.replace(work, folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _name(name: str) -> str:
    """A name that a commit can carry."""
    return "".join(sign for sign in name if sign.isprintable() and sign not in "<>").strip() or "?"
