"""The catalogue as components see it: loaded once per process and content."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from nlu.catalogue import Catalogue, load_catalogue

ROOT = Path(__file__).resolve().parents[2]


def catalogue_folder(configured: str) -> Path:
    """Folder of the catalogue: SEVA_DATA_DIR, or the one configured, relative to the project."""
    path = Path(os.environ.get("SEVA_DATA_DIR") or configured)
    return path if path.is_absolute() else ROOT / path


@lru_cache(maxsize=4)
def _loaded(folder: Path) -> Catalogue:
    return load_catalogue(folder)


def catalogue(configured: str) -> Catalogue:
    """The catalogue of `config.yml`. Raises CatalogueError listing every mistake."""
    return _loaded(catalogue_folder(configured))
