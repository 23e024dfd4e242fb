"""Whether a model's archive may be loaded: it is the registered file and names our classes only.

Rasa imports every class that an archive names, so a foreign archive runs foreign code. The hash
tells the registered file from another; the names tell what a file that was registered by mistake,
or together with its manifest, would start.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml

ALLOWED = ("nlu.components.", "rasa.")
_METADATA, _DOMAIN = "metadata.json", "domain.yml"


class ArchiveRefused(ValueError):
    """The archive must not be loaded; the message says why."""


def check_archive(archive: Path, digest: str) -> None:
    """Raises ArchiveRefused, and FileNotFoundError. `digest` is the SHA-256 (hex) that was
    registered. Takes about a second for 50 MB."""
    if sha256(archive) != digest:
        raise ArchiveRefused(f"{archive} is not the file that was registered; train again")
    try:
        foreign = sorted({name for name in _classes(archive) if not name.startswith(ALLOWED)})
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveRefused(f"{archive} is no model ({type(error).__name__})") from error
    if foreign:
        raise ArchiveRefused(f"{archive} would import {', '.join(foreign)}")


def sha256(path: Path) -> str:
    """Hash of a file, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _classes(archive: Path) -> Iterator[str]:
    """Dotted names of the classes that Rasa would import; KeyError if nothing tells of them."""
    told = False
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            name = Path(member.name).name
            file = tar.extractfile(member) if name in (_METADATA, _DOMAIN) else None
            if file is None:
                continue
            if name == _DOMAIN:
                yield from _of_domain(load_yaml(file.read()))
                continue
            told, metadata = True, json.loads(file.read())
            for schema in ("train_schema", "predict_schema"):
                for node in metadata[schema]["nodes"].values():
                    yield node["uses"]
                    yield from _named(node["config"])
            yield from _of_domain(metadata["domain"])
    if not told:
        raise KeyError(_METADATA)


def _of_domain(domain: Mapping[str, Any] | None) -> Iterator[str]:
    """A slot's type may be the path of a class."""
    for slot in ((domain or {}).get("slots") or {}).values():
        yield from _dotted(slot.get("type"))


def _named(config: Any) -> Iterator[str]:
    """A policy's configuration may name classes of featurisers."""
    if isinstance(config, Mapping):
        yield from _dotted(config.get("name"))
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from _named(part)


def _dotted(name: Any) -> Iterator[str]:
    if isinstance(name, str) and "." in name:
        yield name
