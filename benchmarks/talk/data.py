"""The catalogue with other times, for processes that are to fail fast."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nlu.fast_yaml import load_yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
_DIALOGUE = "dialogue.yml"
PHONE = "919848012345"
"""Whose phone all talks are held from: on record for what they ask for."""
UNLIMITED: Mapping[str, Mapping[str, Any]] = {
    "misses": {"hour": 10**6, "day": 10**6, "all_hour": 10**6}
}
"""For many talks from one phone: what one of them misses does not count against the next."""


def data_folder(
    folder: Path, settings: Mapping[str, Mapping[str, Any]], dialogue: Mapping[str, Any]
) -> Path:
    """The data folder with other settings of departments and dialogue; the rest are links."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in DATA.iterdir():
        if path.name not in ("departments", _DIALOGUE):
            (folder / path.name).symlink_to(path)
    known = load_yaml((DATA / _DIALOGUE).read_text("utf-8"))
    _write(folder / _DIALOGUE, {**known, **dialogue})
    departments = folder / "departments"
    shutil.copytree(DATA / "departments", departments)
    for path in departments.glob("*.yml"):
        known = load_yaml(path.read_text("utf-8"))
        for name, value in settings.items():
            if name in known:
                known[name] = {**known[name], **value}
        _write(path, known)
    return folder


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
