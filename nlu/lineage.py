"""Where a model comes from, and who made it live: commit, person, reason.

It stands in the model's manifest and in the live pointer, and decides nothing: two models of the
same inputs are the same, whoever trained them.
"""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

_LONGEST = 5.0  # seconds that Git may take; without it a model is trained all the same


@dataclass(frozen=True)
class Lineage:
    """`commit` of the catalogue's folder, with `+` behind it where files of the folder differ from
    it; empty where there is no Git. `author` is who trained, `reason` what for. `account` is the
    author's at the console, empty where it was done on a terminal."""

    commit: str = ""
    author: str = ""
    reason: str = ""
    account: str = ""


@dataclass(frozen=True)
class Change:
    """One change of the live model or of the canary: `what` is promote, rollback, canary or
    end_canary, `at` an ISO time. `gate` is what the gate said of the model: passed, failed or not
    asked; empty where it was not needed. `percent` is the share of a canary."""

    id: str
    what: str
    at: str
    by: str
    reason: str = ""
    gate: str = ""
    percent: float = 0.0


def lineage_of(data: Path, reason: str = "", author: str = "", account: str = "") -> Lineage:
    """Of what is trained from the folder `data` now, by `author` or else by who runs this."""
    commit = _git(data, "rev-parse", "HEAD")
    changed = bool(commit) and bool(_git(data, "status", "--porcelain", "--", "."))
    return Lineage(commit + "+" * changed, author or person(data), reason.strip(), account)


def change(
    folder: Path,
    model_id: str,
    what: str,
    reason: str = "",
    by: str = "",
    gate: str = "",
    percent: float = 0.0,
) -> Change:
    """A change of the live model or the canary of the registry `folder`, made now by `by` or else
    by who runs this."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Change(model_id, what, now, by or person(folder), reason.strip(), gate, percent)


def person(folder: Path) -> str:
    """Who works here: the name that Git has, else that of the account."""
    named = _git(folder, "config", "user.name")
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without accounts
        return ""


def _git(folder: Path, *arguments: str) -> str:
    command: Sequence[str] = ("git", "-C", str(folder), *arguments)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
