"""Whether a model's archive may be loaded: it is the registered file and names our classes only.

Rasa imports every class that an archive names, so a foreign archive runs foreign code. The hash
tells the registered file from another; the names tell what a file that was registered by mistake,
or together with its manifest, would start.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml

ALLOWED = ("nlu.components.", "rasa.")
_METADATA, _DOMAIN = "metadata.json", "domain.yml"


class ReleaseRefused(ValueError):
    """A model must not serve; the message says why and what to do."""


class ArchiveRefused(ReleaseRefused):
    """Its archive must not be loaded."""


def check_archive(archive: Path, digest: str) -> Set[str]:
    """The intents that the model was trained for. Raises ArchiveRefused, and FileNotFoundError.
    `digest` is the SHA-256 (hex) that was registered. Takes about a second for 50 MB."""
    if sha256(archive) != digest:
        raise ArchiveRefused(f"{archive} is not the file that was registered; train again")
    try:
        metadata, domains = _read(archive)
        named = {*_of_schemas(metadata), *(one for domain in domains for one in _of_domain(domain))}
        intents = frozenset(_intents(metadata["domain"]))
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveRefused(f"{archive} is no model ({type(error).__name__})") from error
    foreign = sorted(name for name in named if not name.startswith(ALLOWED))
    if foreign:
        raise ArchiveRefused(f"{archive} would import {', '.join(foreign)}")
    return intents


def sha256(path: Path) -> str:
    """Hash of a file, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _read(archive: Path) -> tuple[Mapping[str, Any], list[Any]]:
    """Rasa's own description of the model, and every domain in it. KeyError if there is none."""
    metadata, domains = None, []
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            name = Path(member.name).name
            file = tar.extractfile(member) if name in (_METADATA, _DOMAIN) else None
            if file is None:
                continue
            if name == _DOMAIN:
                domains.append(load_yaml(file.read()))
            else:
                metadata = json.loads(file.read())
    if metadata is None:
        raise KeyError(_METADATA)
    return metadata, [*domains, metadata["domain"]]


def _of_schemas(metadata: Mapping[str, Any]) -> Iterator[str]:
    for schema in ("train_schema", "predict_schema"):
        for node in metadata[schema]["nodes"].values():
            yield node["uses"]
            yield from _named(node["config"])


def _intents(domain: Mapping[str, Any]) -> Iterator[str]:
    """An intent is its name, or a mapping from its name to its settings."""
    for intent in domain.get("intents") or ():
        yield from intent if isinstance(intent, Mapping) else [intent]


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
