"""The bodies of `seva backup ...` and `seva restore`. Each returns the exit code: 0, or 1 with one
line on standard error that says what is wrong and what to do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from nlu.backup import files, keys
from nlu.backup.check import Checked
from nlu.backup.check import check as check_backup
from nlu.backup.copies import Models, copies
from nlu.backup.encryption import (
    check_form,
    new_identity,
    read_identities,
    read_recipients,
)
from nlu.backup.errors import BackupError
from nlu.backup.manifest import Manifest
from nlu.backup.places import Places
from nlu.backup.progress import steps
from nlu.backup.restore import restore as restore_backup
from nlu.settings import WrongEnvironment
from nlu.storage.private_file import put_private

P = ParamSpec("P")
_LARGEST_KEYS = 1 << 20  # bytes


def _told(command: Callable[P, int]) -> Callable[P, int]:
    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except (BackupError, WrongEnvironment, OSError) as error:
            print(error, file=sys.stderr)
            return 1

    return told


@_told
def make_command(
    target: Path, recipients: Path | None, models: Models, *, keep: int, as_json: bool
) -> int:
    """Make a backup."""
    public, places = read_recipients(_given(recipients, "RECIPIENTS")), Places.of_environment()
    if keep and not target.is_dir():
        raise BackupError(f"{target} is no folder: --keep counts the backups of a folder")
    path = files.place_for(target, places.var)
    with steps(quiet=as_json) as step, copies(places, models, step) as found:
        advance = step("Encrypting", found.manifest.size)
        made = files.write_backup(found, path, public, advance)
        manifest = found.manifest
    removed = files.keep_newest(target, keep) if keep else ()
    if as_json:
        print(json.dumps(_facts(manifest) | _made(made) | {"removed": removed}))
        return 0
    print(
        f"{made.path}: {len(manifest.parts)} parts, {manifest.rows} rows, {decimal(made.bytes)}, "
        f"point {manifest.point}, model {manifest.model or 'none'}, sha256 {made.sha256}"
        + (f", {len(removed)} older removed" if removed else "")
    )
    return 0


@_told
def keys_command(
    target: Path, recipients: Path | None, of_backups: Path | None, *, as_json: bool
) -> int:
    """Write the keys into a file of their own, for others than those who can read the backups."""
    if recipients is None:
        raise BackupError("name the file of recipients with --recipients (docs/backup.md)")
    public, places = read_recipients(recipients), Places.of_environment()
    if of_backups is not None and {*map(str, public)} & {*map(str, read_recipients(of_backups))}:
        raise BackupError(
            f"{recipients} and {of_backups} share a recipient, who could read keys and backups: "
            "make another pair with `seva backup identity`"
        )
    path = files.place_for(target, places.var)
    found = keys.KeySet.of_environment(places.var)
    made = files.write_whole(path, keys.encode(found, public))
    if as_json:
        named = keys.key_names(places.var)
        print(json.dumps({"holds": "keys", "made_at": found.made_at, "keys": named, **_made(made)}))
    else:
        print(f"{made.path}: {found.count} keys, sha256 {made.sha256}")
        print("Keep it apart from the backups, and make it again after each rotation of keys.")
    return 0


@_told
def identity_command(target: Path) -> int:
    """Make a pair of keys for backups."""
    secret, public = new_identity()
    try:
        put_private(target, f"# public key: {public}\n{secret}\n".encode(), replace=False)
    except FileExistsError:
        raise BackupError(f"{target} is there already") from None
    print(public)
    print(
        f"This line belongs into the file of recipients. {target} opens the backups: keep it where "
        "they do not lie, and not on the machine that makes them.",
        file=sys.stderr,
    )
    return 0


@_told
def check_command(path: Path, identity: Path | None, *, as_json: bool) -> int:
    """Look whether a file can be restored."""
    check_form(path)
    secret = read_identities(_given(identity, "IDENTITY"))
    if (held := _keys_in(path, secret)) is not None:
        return _print_keys(path, held, as_json)
    with steps(quiet=as_json) as step:
        manifest, found = check_backup(path, secret, step)
    wrong = [one for one in found if one.wrong]
    if as_json:
        parts = [asdict(one.part) | {"wrong": one.wrong} for one in found]
        print(json.dumps(_facts(manifest) | {"ok": not wrong, "parts": parts}))
    else:
        _print(path, manifest, found)
    return 1 if wrong else 0


@_told
def restore_command(path: Path, identity: Path | None, *, models: bool, as_json: bool) -> int:
    """Put a backup back, or keys."""
    check_form(path)
    places, secret = Places.of_environment(), read_identities(_given(identity, "IDENTITY"))
    if (held := _keys_in(path, secret)) is not None:
        return _restore_keys(held, places, as_json)
    with steps(quiet=as_json) as step:
        manifest = restore_backup(path, secret, places, models=models, step=step)
    lacking = keys.missing(manifest.keys, places.var)
    if as_json:
        print(json.dumps(_facts(manifest) | {"missing_keys": lacking}))
        return 0
    print(f"Restored as of {manifest.point}: {len(manifest.parts)} parts, {manifest.rows} rows.")
    for line in _next(manifest, lacking, places):
        print(line)
    return 0


def _next(manifest: Manifest, lacking: Sequence[str], places: Places) -> list[str]:
    """What an operator does now; docs/backup.md has the reasons."""
    todo = []
    if lacking:
        few = ", ".join(lacking[:4]) + (", ..." if len(lacking) > 4 else "")
        todo.append(f"`seva restore KEYS`: keys that opened this are not here ({few})")
    todo.append("`seva keys check`: every sealed row can be read")
    log = places.var / "documents" / "log"
    if log.is_dir():
        todo += [
            f"`seva log check {log}`, then `seva log cosign {log} --witness URL` for each witness: "
            "one that signed more entries says so, and then this log must not go on (docs/trust.md)"
        ]
    todo += [
        "`seva inbox list --waiting`: messages that waited at that moment. Most were answered "
        "after it: `seva inbox hold` keeps them, and replies on their way, from going out again",
        "start `seva actions`, then `seva serve` and `seva worker`, then `seva doctor`",
    ]
    return ["What follows, in this order:", *(f"{n}. {one}" for n, one in enumerate(todo, 1))]


def _keys_in(path: Path, secret: Sequence[Any]) -> keys.KeySet | None:
    """Of a small file of keys; None of anything else."""
    if path.stat().st_size > _LARGEST_KEYS:
        return None
    try:
        return keys.decode(path, secret)
    except BackupError:
        return None


def _print_keys(path: Path, found: keys.KeySet, as_json: bool) -> int:
    names = [*found.files, *found.variables]
    if as_json:
        facts = {"ok": True, "holds": "keys", "made_at": found.made_at, "keys": names}
        print(json.dumps(facts))
    else:
        print(f"{path}: {found.count} keys, made {found.made_at}")
        for name in names:
            print(f"  {name}")
    return 0


def _restore_keys(found: keys.KeySet, places: Places, as_json: bool) -> int:
    written = keys.put_back(found, places.var)
    if as_json:
        print(json.dumps({"holds": "keys", "made_at": found.made_at, "written": written}))
        return 0
    print(f"{places.var}: {len(written)} files of keys are back, made {found.made_at}")
    if keys.VARIABLES_FILE in written:
        where = places.var / keys.VARIABLES_FILE
        print(f"{where} holds what variables gave: put it into the environment, then delete it.")
    return 0


def _given(path: Path | None, name: str) -> Path:
    if path is None:
        option = f"--{name.lower()}"
        raise BackupError(f"name the file with {option} or SEVA_BACKUP_{name} (docs/backup.md)")
    return path


def _made(made: files.Made) -> dict[str, Any]:
    return {"path": str(made.path), "file_bytes": made.bytes, "sha256": made.sha256}


def _facts(manifest: Manifest) -> dict[str, Any]:
    facts = asdict(manifest)
    return facts | {"parts": len(manifest.parts), "rows": manifest.rows, "bytes": manifest.size}


def _print(path: Path, manifest: Manifest, found: Sequence[Checked]) -> None:
    table = Table("part", "kind", "size", "rows", "state")
    groups: dict[str, list[Checked]] = {}
    for one in found:
        root, _, rest = one.part.name.partition("/")
        whole = one.part.kind == "file" and not one.wrong
        name = f"{'/'.join([root, *rest.split('/')[:-1][:1]])}/" if whole else one.part.name
        groups.setdefault(name, []).append(one)
    for name, some in groups.items():
        rows = sum(sum(one.part.rows.values()) for one in some)
        kind = some[0].part.kind if some[0].part.kind != "file" else f"{len(some)} files"
        size = decimal(sum(one.part.bytes for one in some))
        state = some[0].wrong or "good"
        table.add_row(name, kind, size, str(rows) if some[0].part.rows else "", state)
    Console().print(table)
    wrong = sum(bool(one.wrong) for one in found)
    print(
        f"{path}: point {manifest.point}, Seva {manifest.seva}, model {manifest.model or 'none'}; "
        + (f"{wrong} parts are wrong" if wrong else "all of it is good")
    )
