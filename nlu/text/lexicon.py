"""The word lists of `data/lexicon/`. Each is read once and kept, for each release apart."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, TypeVar

from nlu.paths import data_folder, folder_in_use

T = TypeVar("T")


def lexicon_cache(maxsize: int | None = 128) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """`functools.lru_cache` for what is made from word lists. It keeps a result for the data in use
    alone: two releases in one process may have different lists."""

    def kept(function: Callable[..., T]) -> Callable[..., T]:
        @lru_cache(maxsize=maxsize and max(maxsize, 2))
        def of_data(_data: Path | None, *given: Hashable, **named: Hashable) -> T:
            return function(*given, **named)

        @wraps(function)
        def cached(*given: Hashable, **named: Hashable) -> T:
            return of_data(folder_in_use(), *given, **named)

        return cached

    return kept


def lexicon_folder() -> Path:
    """`lexicon/` of the data in use. A process stays in the folder where it started."""
    used = folder_in_use()
    return used / "lexicon" if used else _folder(os.environ.get("SEVA_DATA_DIR"))


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
