"""The word lists of `data/lexicon/`. Each is read once in the life of a process."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from nlu.paths import data_folder


def lexicon_folder() -> Path:
    """`lexicon/` of the catalogue. A process stays in the folder where it started."""
    return _folder(os.environ.get("SEVA_DATA_DIR"))


@lru_cache(maxsize=8)
def _folder(configured: str | None) -> Path:
    return data_folder().absolute() / "lexicon"


@lru_cache(maxsize=32)
def _read(path: Path) -> Any:
    from nlu.fast_yaml import load_yaml

    return load_yaml(path.read_text("utf-8"))


@lru_cache(maxsize=64)
def _content(folder: Path, name: str) -> Any:
    return _read(folder / f"{name}.yml")


def load_lexicon(name: str) -> dict[str, Any]:
    """Content of `data/lexicon/<name>.yml`. Raises FileNotFoundError, yaml.YAMLError."""
    content = _content(lexicon_folder(), name)
    if not isinstance(content, dict):
        raise TypeError(f"data/lexicon/{name}.yml must be a mapping")
    return content
