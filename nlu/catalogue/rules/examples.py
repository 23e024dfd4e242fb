"""Whether the examples of slot types are understood, remembered until anything read changes.

Reading them needs the whole of `nlu.slots` (telephone metadata, calendars, places), several times
what the rest of `seva check` takes; an unchanged catalogue must not pay for it again.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from nlu.catalogue.errors import Problem
from nlu.catalogue.model import Catalogue
from nlu.catalogue.rules.run import Run
from nlu.paths import PACKAGE, cache_folder

Unread = list[tuple[str, int, str]]
"""(slot type, place of the example, reason) of each example that is not understood."""


def example_problems(check: Run) -> Iterator[Problem]:
    """Examples that `nlu.slots.parse` rejects."""
    file = check.catalogue.root / "slot_types.yml"
    try:
        unread = _remembered(check.catalogue)
    except FileNotFoundError as error:
        what = f"the examples cannot be read without {error.filename}"
        yield check.at(file, "types", what=what, mend="add it; data/README.md shows the tree")
        return
    for name, place, reason in unread:
        example = check.catalogue.slot_types[name].examples[place]
        what = f"the example `{example}` of {name} is not understood ({reason})"
        mend = "correct the example, or the pattern, choices or places it is read with"
        yield check.at(file, "types", name, "examples", str(place), what=what, mend=mend)


def _remembered(catalogue: Catalogue) -> Unread:
    file = cache_folder() / "check" / "examples.json"
    key = _key(catalogue.root)
    try:
        known = json.loads(file.read_text("utf-8"))
        if known["key"] == key:
            return [(name, place, reason) for name, place, reason in known["unread"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no cache, or one that another version wrote: read again
    unread = list(_unread(catalogue))
    _write(file, json.dumps({"key": key, "unread": unread}, ensure_ascii=False))
    return unread


def _unread(catalogue: Catalogue) -> Iterator[tuple[str, int, str]]:
    parse = _parser()
    if parse is None:
        return
    for slot_type in catalogue.slot_types.values():
        for place, example in enumerate(slot_type.examples):
            read = parse(slot_type, example, today=date.today(), catalogue=catalogue)
            if not hasattr(read, "value"):
                yield slot_type.name, place, str(read.reason)


def _parser() -> Callable[..., Any] | None:
    """`nlu.slots.parse`, looked up by name: the slots may import the catalogue, not the reverse."""
    try:
        found = getattr(importlib.import_module("nlu.slots"), "parse", None)
    except ModuleNotFoundError as error:
        if error.name != "nlu.slots":
            raise
        return None
    return found if callable(found) else None


def _key(root: Path) -> str:
    """Hash of what reading depends on: the words, the places, the code, and the day."""
    digest = hashlib.sha256(f"{date.today()} {root.resolve()}".encode())
    folders = (root / "gazetteers", root / "lexicon", PACKAGE / "slots", PACKAGE / "text")
    files = [root / "slot_types.yml", root / "languages.yml"]
    for folder in folders:
        files += sorted(f for f in folder.rglob("*") if f.suffix in (".yml", ".py"))
    for file in files:
        digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _write(file: Path, text: str) -> None:
    """Atomically; a cache that cannot be written is no reason to fail."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        os.replace(name, file)
    except OSError:
        return
