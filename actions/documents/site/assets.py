"""The files of the page, held in memory: whole, compressed, and under one version."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_COMPRESSED = {".css", ".html", ".js", ".json", ".mjs", ".svg", ".wasm", ".webmanifest"}
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class Asset:
    """A file as it is sent. `gzipped` is None where that saves nothing."""

    body: bytes
    gzipped: bytes | None
    media_type: str
    etag: str


def asset(name: str, body: bytes) -> Asset:
    """The asset of that file name."""
    suffix = Path(name).suffix
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(
        body,
        gzip.compress(body, mtime=0) if suffix in _COMPRESSED else None,
        _TYPES.get(suffix, guessed),
        f'"{hashlib.sha256(body).hexdigest()[:32]}"',
    )


def read_assets(folder: Path, hidden: frozenset[str]) -> Mapping[str, Asset]:
    """Every file below `folder` by its path, but for those named in `hidden`."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    named = ((file.relative_to(folder).as_posix(), file) for file in files)
    return {name: asset(name, file.read_bytes()) for name, file in named if name not in hidden}


def version_of(assets: Mapping[str, Asset]) -> str:
    """Changes with any byte of any asset: addresses below it never go stale."""
    digest = hashlib.sha256()
    for name, held in sorted(assets.items()):
        digest.update(f"{name}\0{held.etag}\0".encode())
    return digest.hexdigest()[:12]
