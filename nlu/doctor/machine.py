"""The machine and the processes of Seva on it, as Linux tells in /proc and control groups."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nlu.settings import PROCESSES

_NAMES = {b"seva", b"nlu.cli"}
"""The script and the module: what follows is the role."""
_KB = 1024


@dataclass(frozen=True)
class Running:
    """A process of Seva that runs now. `environ` is that of its start; it holds secrets."""

    pid: int
    role: str
    environ: Mapping[str, str]
    folder: Path
    """Where it was started: paths in its environment begin there."""
    open_files: int | None

    @property
    def var(self) -> Path:
        """Its SEVA_VAR_DIR."""
        return (self.folder / (self.environ.get("SEVA_VAR_DIR", "").strip() or "var")).resolve()

    def __str__(self) -> str:
        return f"`seva {self.role}` (process {self.pid})"


@dataclass(frozen=True)
class Machine:
    """Reads `proc` and `groups` afresh at each question."""

    proc: Path = Path("/proc")
    groups: Path = Path("/sys/fs/cgroup")

    @property
    def cores(self) -> int:
        """Cores that this process may use."""
        return len(os.sched_getaffinity(0))

    @property
    def memory(self) -> int | None:
        """Bytes of the machine, or of the control group where it gets fewer; None: unknown."""
        found = re.search(r"^MemTotal:\s+(\d+) kB", _text(self.proc / "meminfo"), re.M)
        granted = _text(self.groups / "memory.max").strip()
        known = [int(found[1]) * _KB] if found else []
        return min([*known, *([int(granted)] if granted.isdecimal() else [])], default=None)

    @property
    def boot(self) -> str:
        """Another one after each start of the machine."""
        return _text(self.proc / "sys/kernel/random/boot_id").strip()

    def file_system(self, path: Path) -> str:
        """The kind of the file system that holds a path; empty: unknown."""
        at, best, kind = path.resolve(), -1, ""
        for line in _text(self.proc / "self/mounts").splitlines():
            parts = line.split(" ")
            if len(parts) < 3:
                continue
            mount = Path(parts[1].replace("\\040", " "))
            if len(mount.parts) >= best and at.is_relative_to(mount):
                best, kind = len(mount.parts), parts[2]
        return kind

    def running(self) -> Iterator[Running]:
        """Processes of Seva whose environment this user may read; not those that they spawn."""
        for folder in sorted(self.proc.glob("[0-9]*"), key=lambda one: int(one.name)):
            with suppress(OSError):  # it ended meanwhile, or is another user's
                words = (folder / "cmdline").read_bytes().split(b"\0")
                role = _role(words)
                if role and int(folder.name) != os.getpid():
                    yield _running(folder, role)


def _role(words: list[bytes]) -> str:
    """The role that a command line starts; empty for anything else."""
    for word, after in pairwise(words):
        if word.rsplit(b"/", 1)[-1] in _NAMES:
            role = after.decode("ascii", "replace")
            return role if role in PROCESSES else ""
    return ""


def _running(folder: Path, role: str) -> Running:
    """Raises OSError."""
    pairs = (folder / "environ").read_bytes().split(b"\0")
    known = (os.fsdecode(pair).partition("=") for pair in pairs if b"=" in pair)
    limit = re.search(r"^Max open files\s+(\d+)", _text(folder / "limits"), re.M)
    return Running(
        int(folder.name),
        role,
        {name: value for name, _, value in known},
        Path(os.readlink(folder / "cwd")),
        int(limit[1]) if limit else None,
    )


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
