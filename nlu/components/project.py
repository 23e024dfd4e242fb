"""The catalogue as components see it: one for the whole life of a process."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from nlu.augment.transcripts import FOLDER
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.paths import PACKAGE, data_folder, folder_in_use


def catalogue_folder(configured: str) -> Path:
    """Folder of the catalogue: the one in use, SEVA_DATA_DIR, or the one that config.yml names."""
    return data_folder(configured).absolute()


@lru_cache(maxsize=4)
def _seen_first(folder: Path) -> Catalogue:
    return shared_catalogue(folder)


def catalogue(configured: str) -> Catalogue:
    """The catalogue in use. Where none is, that of `config.yml` as this process saw it first: what
    is edited during a `rasa train` belongs to the next one. Raises CatalogueError listing every
    mistake."""
    used = folder_in_use()
    return shared_catalogue(used) if used else _seen_first(catalogue_folder(configured))


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """Hash of the code that components stand on.

    Rasa's cache looks at a component's own class only: without this, a changed n-gram hash would
    meet weights trained for the old one.
    """
    digest = hashlib.sha256()
    for package in ("classifier", "text", "joint", "augment", "encoder"):
        for path in sorted((PACKAGE / package).glob("**/*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def readings_fingerprint(folder: str) -> str:
    """Hash of what transcripts are learned from beside the training data: the files of readings,
    and how copies are made of them."""
    digest = hashlib.sha256()
    root = catalogue_folder(folder)
    for path in (*sorted((root / FOLDER).glob("*.tsv")), root / "augmentation.yml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
