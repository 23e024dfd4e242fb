"""Checks of SEVA_VAR_DIR: whose it is, who can read it, and whether there is room."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nlu.doctor.check import Finding, NotLooked, Severity, check
from nlu.doctor.deployment import Deployment

_GIGA = 1e9
_CLASSES = ((0o070, 0o010), (0o007, 0o001))
"""Group and others: what they may do at all, and that they may pass through a folder."""


@check(
    "private-files",
    "keys and databases are their owner's alone",
    "a key or a database that others on this machine can read or change",
)
def private_files(here: Deployment) -> Iterator[Finding]:
    """A key that was copied from a backup has the mode of the copy; nothing mends it by itself."""
    for file in _kept(_there(here)):
        if _open_to_others(file, here.var):
            is_key = file.suffix == ".key" or file.parent.name == "keys"
            severity: Severity = "critical" if is_key else "trouble"
            holds = "opens all that citizens told" if is_key else "holds what citizens told, sealed"
            yield Finding(
                severity,
                f"{file} can be read or changed by others on this machine",
                f"it {holds}",
                f"chmod 600 {file}" + ("; if others use the machine, `seva keys rotate`" * is_key),
            )


@check(
    "file-owners",
    "all files belong to the user of the processes",
    "files that root or somebody else left in `SEVA_VAR_DIR`, or a doctor of another user",
)
def file_owners(here: Deployment) -> Iterator[Finding]:
    """A command that was once run with sudo leaves files that the processes cannot open."""
    folder = _there(here)
    owner = folder.stat().st_uid
    foreign = [one for one in [*_kept(folder), *folder.iterdir()] if one.lstat().st_uid != owner]
    for file in dict.fromkeys(foreign):
        yield Finding(
            "critical",
            f"{file} belongs to {_user(file.lstat().st_uid)}, the folder to {_user(owner)}",
            "the processes may not be able to read or write it; they fail only when they need it",
            f"chown {_user(owner)} {file}, and run commands as {_user(owner)}",
        )
    if os.geteuid() != owner:
        yield Finding(
            "notice",
            f"the doctor runs as {_user(os.geteuid())}, {folder} belongs to {_user(owner)}",
            "what only the processes' own user cannot do, it does not see",
            f"run it as {_user(owner)}",
        )


@check(
    "disk-space",
    "there is room on the disks",
    "a disk of `SEVA_VAR_DIR`, of the models or of temporary files that is nearly full",
)
def disk_space(here: Deployment) -> Iterator[Finding]:
    """On a full disk no message is taken: WhatsApp delivers again for a week, and then no more."""
    told: set[int] = set()
    limits = here.limits
    places = (
        ("SEVA_VAR_DIR", here.var),
        ("SEVA_MODELS_DIR", here.settings.models_dir),
        ("the folder of temporary files", Path(tempfile.gettempdir())),
    )
    for name, folder in places:
        at = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
        if (device := at.stat().st_dev) in told:
            continue
        told.add(device)
        room, files = shutil.disk_usage(at), os.statvfs(at)
        usable = room.used + room.free  # without what the system reserves; `df` reckons so too
        share = room.free / usable if usable else 1.0
        is_short = room.free < limits.disk_free_bytes
        if is_short or share < limits.disk_free_share:
            yield Finding(
                "critical" if is_short else "trouble",  # a small share of a large disk lasts days
                f"{name}: {room.free / _GIGA:.1f} GB are free, {share:.0%} of the disk",
                "once it is full no message is taken, answered or logged",
                "make room: old models (`seva models`), backups, process logs; or a larger disk",
            )
        if files.f_files and files.f_favail / files.f_files < limits.disk_free_share:
            yield Finding(
                "critical",
                f"{name}: nearly all files that the disk may have are there",
                "no file can be made, however much room there is",
                "delete what made so many small files",
            )


@check(
    "local-disk",
    "the databases lie on a disk of this machine",
    "`SEVA_VAR_DIR` on a network file system, whose locks cannot be trusted",
)
def local_disk(here: Deployment) -> Iterator[Finding]:
    """SQLite in write-ahead mode needs memory that all processes share."""
    kind = here.machine.file_system(_there(here))
    if kind in here.limits.network_filesystems:
        yield Finding(
            "critical",
            f"SEVA_VAR_DIR lies on a network file system ({kind})",
            "locks cannot be trusted there: a message is answered twice, or a database breaks",
            "move the folder to a disk of this machine, while nothing runs",
        )


def _there(here: Deployment) -> Path:
    if not here.var.is_dir():
        raise NotLooked(f"{here.var} is not there yet; the first process makes it")
    return here.var


def _kept(folder: Path) -> Iterator[Path]:
    """Keys, and databases with what SQLite keeps beside them."""
    yield from sorted({*folder.rglob("*.key"), *folder.rglob("*.sqlite*")})
    yield from sorted(one for one in (folder / "documents/keys").glob("*") if one.is_file())


def _open_to_others(file: Path, folder: Path) -> bool:
    """Whether others reach the file, through every folder from SEVA_VAR_DIR on."""
    inside = [one for one in file.parents if one == folder or folder in one.parents]
    for may, passes in _CLASSES:
        reached = all(stat.S_IMODE(one.stat().st_mode) & passes for one in inside)
        if reached and stat.S_IMODE(file.stat().st_mode) & may & 0o066:
            return True
    return False


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
