"""Proposals where there is no Git (an installed wheel, a container): each a file of its own.

A file holds both contents of what was changed, who changed it and why; from it the patch is made
that people download and apply where the catalogue is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from nlu.changes.diff import patch
from nlu.changes.proposal import (
    Author,
    Change,
    FileChange,
    Kept,
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
from nlu.whole_file import write_whole

_TOP = "data"


class FolderProposals:
    """Of the data folder `data`, which is only read, in the folder `kept`."""

    def __init__(self, data: Path, kept: Path) -> None:
        self._data, self._kept = data.absolute(), kept

    def base(self) -> Path:
        """The data folder itself."""
        return self._data

    def all(self) -> list[Proposal]:
        """As Proposals."""
        found = [self._proposal(self._load(file.stem)) for file in self._kept.glob("*-*-*.json")]
        return sorted(found, key=lambda one: one.id, reverse=True)

    def get(self, proposal: str) -> Proposal:
        """As Proposals."""
        return self._proposal(self._load(proposal))

    def read(self, file: str, proposal: str | None = None) -> bytes:
        """As Proposals."""
        checked_file(file)
        if proposal:
            changed = self._load(proposal)["files"].get(file)
            if changed:
                return _bytes(changed["after"])
        path = self._data / file
        if not path.is_file() or not path.resolve().is_relative_to(self._data.resolve()):
            raise NoSuchFile(file)
        return path.read_bytes()

    def keep(self, change: Change) -> Proposal:
        """As Proposals."""
        for one in change.contents:
            checked_file(one.file)
        reason = checked_reason(change.reason)
        with self._alone():
            if change.proposal:
                told = self._load(change.proposal)
                if self._proposal(told).state != "open":
                    raise NoSuchProposal(change.proposal)
            else:
                told = {"id": new_id(), "discarded": False, "changes": [], "files": {}}
            for one in change.contents:
                now = self.read(one.file, change.proposal)
                if version_of(now) != one.version:
                    raise OtherVersion(one.file, now)
                entry = told["files"].setdefault(one.file, {"before": now.decode("utf-8")})
                entry["after"] = one.content.decode("utf-8")
            at = datetime.now(timezone.utc).isoformat(timespec="seconds")
            kept = Kept(change.author.name, at, reason)
            told["changes"].append({**asdict(kept), "email": change.author.email})
            self._store(told)
        return self._proposal(told)

    def discard(self, proposal: str) -> None:
        """As Proposals."""
        with self._alone():
            told = self._load(proposal)
            if self._proposal(told).state != "open":
                raise NoSuchProposal(proposal)
            self._store({**told, "discarded": True})

    def take_over(self, proposal: str, by: Author) -> None:
        """As Proposals: writes the files. One that breaks off half way is taken over once more."""
        with self._alone():
            told = self._load(proposal)
            if self._proposal(told).state != "open":
                raise NoSuchProposal(proposal)
            files = self.files(proposal)
            other = [
                one.name for one in files if self.read(one.name) not in (one.before, one.after)
            ]
            if other:
                raise NotTaken("somebody else has changed these files meanwhile", other)
            try:
                for one in files:
                    write_whole(self._data / one.name, one.after)
            except OSError as error:
                raise NotTaken(f"the catalogue cannot be written: {error.strerror}") from None
            self._store({**told, "taken_by": by.name})

    def files(self, proposal: str) -> list[FileChange]:
        """As Proposals."""
        return [
            FileChange(name, _bytes(one["before"]), _bytes(one["after"]))
            for name, one in sorted(self._load(proposal)["files"].items())
        ]

    def patch(self, proposal: str) -> bytes:
        """As Proposals: one mail, by the first author."""
        first = self._load(proposal)["changes"][0]
        author = Author(first["author"], first["email"])
        at = format_datetime(datetime.fromisoformat(first["at"]))
        return patch(self.files(proposal), author, at, first["reason"], _TOP)

    def _proposal(self, told: dict[str, Any]) -> Proposal:
        changes = [Kept(one["author"], one["at"], one["reason"]) for one in told["changes"]]
        return Proposal(told["id"], self._state(told), changes, sorted(told["files"]))

    def _state(self, told: dict[str, Any]) -> State:
        if told["discarded"]:
            return "discarded"
        if "taken_by" in told:
            return "merged"
        for name, one in told["files"].items():
            path = self._data / name
            if not path.is_file() or path.read_bytes() != _bytes(one["after"]):
                return "open"
        return "merged"

    def _load(self, proposal: str) -> dict[str, Any]:
        try:
            text = (self._kept / f"{checked_id(proposal)}.json").read_text("utf-8")
        except FileNotFoundError:
            raise NoSuchProposal(proposal) from None
        return dict(json.loads(text))

    def _store(self, told: dict[str, Any]) -> None:
        content = json.dumps(told, ensure_ascii=False, indent=1)
        write_whole(self._kept / f"{told['id']}.json", content, 0o600)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._kept.mkdir(parents=True, exist_ok=True)
        with locked(self._kept / ".lock"):
            yield


def _bytes(text: str) -> bytes:
    return str(text).encode("utf-8")
