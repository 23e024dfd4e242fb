"""What the pages show of the registry: light records, read once per file. Calls block."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from nlu import registry, shared_models
from nlu.archive import ReleaseRefused
from nlu.canary import current
from nlu.canary_pointer import Canary
from nlu.lineage import Change
from nlu.model_ids import short
from nlu.paths import models_folder
from nlu.registry import MANIFEST, Manifest
from nlu.right_action import right_share
from nlu.training.metrics import wilson

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Row:
    """A model in the list. `keys`: the share of right actions by way of writing."""

    id: str
    created: str
    profile: str
    services: int
    lineage: Mapping[str, str]
    keys: Mapping[str, float]
    here: bool
    """Whether it lies on this machine; others are fetched when they are promoted."""

    @property
    def short(self) -> str:
        """As much of the id as people say."""
        return short(self.id)


@dataclass(frozen=True)
class Registry:
    """All models, the newest first; which is live; how that changed, the latest first; and which
    answers a share of the citizens beside it."""

    live: str | None
    rows: tuple[Row, ...]
    changes: tuple[Change, ...]
    canary: Canary | None = None

    def row(self, model: str) -> Row | None:
        """The row of a model."""
        return next((row for row in self.rows if row.id == model), None)


def seconds(iso: str) -> float | None:
    """A moment of a manifest in seconds of the epoch; None for one that nobody can read."""
    try:
        return datetime.fromisoformat(iso).timestamp()
    except ValueError:
        return None


def is_writable() -> bool:
    """Whether this process may write where the models are: in a container they are often there to
    be read only."""
    folder = models_folder()
    here = folder if folder.is_dir() else folder.absolute().parent
    return os.access(here, os.W_OK)


def is_id(model: str) -> bool:
    """Whether this can be the name of a model, and of nothing else in a folder."""
    return _ID.fullmatch(model) is not None


def whole_registry() -> Registry:
    """What there is. Raises DatabaseAway."""
    folder = models_folder()
    shared = shared_models.shared_models(folder)
    rows = {}
    for path in folder.glob(f"*/{MANIFEST}"):
        rows[path.parent.name] = _row(path, path.stat().st_mtime_ns)
    if shared is not None:
        for model in set(shared.ids()) - set(rows):
            rows[model] = _fetched(model)
    live = registry.live_id(folder) if shared is None else shared.live()
    found = sorted(rows.values(), key=lambda row: (row.created, row.id), reverse=True)
    changes = tuple(reversed(shared_models.changes(folder)))
    return Registry(live, tuple(found), changes, _canary(folder))


def _canary(folder: Path) -> Canary | None:
    try:
        return current(folder)
    except ReleaseRefused:  # a pointer that nobody can read: no process follows it either
        return None


def manifest(model: str) -> Manifest:
    """That of a model here, or of one that can be fetched. Raises FileNotFoundError."""
    path = models_folder() / model / MANIFEST
    if path.is_file():
        return registry.read(path.parent)
    shared = shared_models.shared_models(models_folder())
    if shared is None:
        raise FileNotFoundError(model)
    return shared.manifest(model)


def scores(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows by way of writing, with the right action and its interval, also of models of before
    it was counted."""
    return [{"key": key, **counted(row)} for key, row in metrics.get("by_key", {}).items()]


def counted(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of scores with the right action and its interval."""
    share, rows = right_share(row), row["rows"]
    interval = row.get("right_action_interval") or wilson(round(share * rows), rows)
    return {**row, "right_action": share, "right_action_interval": interval}


@lru_cache(maxsize=512)
def _row(path: Path, _changed: int) -> Row:
    told = json.loads(path.read_text("utf-8"))
    return _slim(registry.manifest_of({**told, "id": path.parent.name}), here=True)


@lru_cache(maxsize=512)
def _fetched(model: str) -> Row:
    return _slim(manifest(model), here=False)


def _slim(one: Manifest, *, here: bool) -> Row:
    keys = {key: right_share(row) for key, row in one.metrics.get("by_key", {}).items()}
    return Row(one.id, one.created, one.profile, one.services, dict(one.lineage), keys, here)
