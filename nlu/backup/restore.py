"""A backup put back: into empty places only, and into its place only once all of it is right."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from nlu.backup import postgres
from nlu.backup.archive import opened, unpack
from nlu.backup.copies import Step
from nlu.backup.errors import BackupError
from nlu.backup.manifest import Manifest, Part
from nlu.backup.places import COMING, DATA, MODELS, VAR, Places, is_key, walk
from nlu.storage.tables import shown

_FEW = 3
_MAY_BE = ("lost+found",)
_BESIDE = ("", "-wal", "-shm", "-journal")  # a log of an older file would be read into the new one


def restore(
    path: Path, identities: Sequence[Any], places: Places, *, models: bool, step: Step
) -> Manifest:
    """Restores all of a backup, or all but models and catalogue. Raises BackupError before
    anything has changed, unless the message says otherwise."""
    _check_nothing_is_cut_short(places)
    with opened(path, identities) as archive:
        manifest = archive.manifest
        wanted = {part.name for part in manifest.parts if models or _root(part) == VAR}
        _check_engines(manifest, places)
        coming = {part.name: _coming(part, places) for part in manifest.parts}
        _check_empty(manifest, wanted, places)
        with _gone_if_wrong(places):
            advance = step("Unpacking", manifest.size)
            for part, content in archive.parts():
                if part.name in wanted:
                    unpack(part, content, coming[part.name], advance)
                else:
                    advance(part.bytes)
    # From here on all of the backup is known to be right.
    with _gone_if_wrong(places):
        _fill_databases(manifest, places, step)
    _move(manifest, wanted, places, coming)
    return manifest


def _root(part: Part) -> str:
    """Which of the folders it belongs to; stores that settings name count as SEVA_VAR_DIR's."""
    root, _, rest = part.name.partition("/")
    return root if rest else VAR


def _coming(part: Part, places: Places) -> Path:
    """Where a part lies until it is moved: beside its place, on the same file system. Raises
    BackupError for a name that leads elsewhere."""
    pure, named = PurePosixPath(part.name), {store.part for store in places.stores}
    known = _root(part) in (VAR, MODELS, DATA) if "/" in part.name else part.name in named
    if not known or pure.is_absolute() or ".." in pure.parts:
        raise BackupError(f"the backup holds a part with a wrong name: {part.name!r}")
    if is_key(part.name.partition("/")[2]) and _root(part) == VAR:
        raise BackupError(f"the backup holds a key, which none of Seva does: {part.name!r}")
    if part.kind == "postgresql":
        return places.var / COMING / part.name
    target = places.target(part.name)
    base = {VAR: places.var, MODELS: places.models, DATA: places.data}[_root(part)]
    if "/" not in part.name and not target.is_relative_to(places.var):
        return target.with_name(f".{target.name}{COMING}")
    return base / COMING / target.relative_to(base)


def _check_nothing_is_cut_short(places: Places) -> None:
    for folder in (places.var, places.models, places.data):
        if (folder / COMING).exists():
            raise BackupError(
                f"a restore was cut short: remove {folder / COMING} and what lies beside it, or "
                "restore into an empty SEVA_VAR_DIR"
            )


def _check_engines(manifest: Manifest, places: Places) -> None:
    if manifest.holds != "state":
        raise BackupError("the file holds no stores")
    if dict(manifest.engines) == places.engines:
        return
    had = ", ".join(f"{name} on {engine}" for name, engine in manifest.engines.items())
    has = ", ".join(f"{name} on {engine}" for name, engine in places.engines.items())
    raise BackupError(
        f"the backup has {had}; the environment says {has}: set SEVA_DATABASE_URL and "
        "SEVA_JOURNAL_URL to the same engines, and to empty databases"
    )


def _check_empty(manifest: Manifest, wanted: set[str], places: Places) -> None:
    there = [
        name
        for name, _ in (walk(places.var) if places.var.is_dir() else ())
        if not is_key(name) and name.split("/")[0] not in _MAY_BE
    ]
    if there:
        raise BackupError(
            f"{places.var} is not empty ({_some(there)}): nothing is written over. Name an empty "
            "SEVA_VAR_DIR, or move what is there away; keys may stay"
        )
    for part in manifest.parts:
        if part.name in wanted and part.kind != "postgresql":
            target = places.target(part.name)
            if any(target.with_name(target.name + ending).exists() for ending in _BESIDE):
                raise BackupError(
                    f"{target} is there: nothing is written over. Move it away"
                    + ("" if _root(part) == VAR else ", or restore --without-models")
                )
    for store in places.stores:
        if store.engine == "postgresql" and (tables := postgres.tables_in(store.url)):
            raise BackupError(
                f"{shown(store.url)} is not empty ({_some(tables)}): make a new database "
                "and name it"
            )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" * (len(names) > _FEW))


@contextmanager
def _gone_if_wrong(places: Places) -> Iterator[None]:
    """What was unpacked goes where something is wrong."""
    try:
        yield
    except BaseException:
        _remove_coming(places)
        raise


def _remove_coming(places: Places) -> None:
    for folder in (places.var, places.models, places.data):
        shutil.rmtree(folder / COMING, ignore_errors=True)
    for store in places.stores:
        if store.engine == "sqlite":
            store.file.with_name(f".{store.file.name}{COMING}").unlink(missing_ok=True)


def _fill_databases(manifest: Manifest, places: Places, step: Step) -> None:
    """Each in one transaction; before any file has its place."""
    parts, filled = {part.name: part for part in manifest.parts}, ""
    for store in places.stores:
        if store.engine == "postgresql":
            step(f"Filling {shown(store.url)}", 0)
            dump = places.var / COMING / store.part
            try:
                postgres.restore(store.url, dump, parts[store.part].rows)
            except BackupError as error:
                raise BackupError(f"{error}{filled}") from error
            filled = f". {shown(store.url)} was filled already: empty it again"
            dump.unlink()


def _move(manifest: Manifest, wanted: set[str], places: Places, coming: dict[str, Path]) -> None:
    """The state last: no process can do without it. On disk before this returns."""
    files = [part for part in manifest.parts if part.name in wanted and part.kind != "postgresql"]
    for part in reversed(files):
        target = places.target(part.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(coming[part.name], target)
    _remove_coming(places)
    os.sync()
