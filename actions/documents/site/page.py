"""The verification page: its routes, its files in memory, and the words that it shows.

The page asks `/keys.json`, `/c/<id>/status` and `/log/key` of the same origin; other routers serve
these. Its security headers allow nothing from another origin and nothing to another origin.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from actions.documents.credential import field_names
from actions.documents.form import FORMS
from nlu.fast_yaml import load_yaml
from nlu.paths import data_folder
from nlu.web import FONTS

SITE = Path(__file__).parent
_COMPRESSED = {".css", ".html", ".js", ".json", ".mjs", ".svg", ".wasm", ".webmanifest"}
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",  # the QR reader is WebAssembly
        "style-src 'self'",
        "img-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types seva",
    )
)
SECURITY: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FRESH = "no-cache"  # the browser keeps it and asks each time whether it has changed
FOREVER = "public, max-age=31536000, immutable"
STATIC = SITE / "static"
FILLED = ("index.html", "sw.js", "manifest.webmanifest")
"""Templates that name the version of the files."""
_ON_DEMAND = ("vendor/pdfjs/", "fonts/")
"""The browser fetches them only when it needs them, and keeps them."""
_NO_FONTS = frozenset(("NotoSans-Regular.woff2", "NotoSans-Bold.woff2"))
"""Latin letters come from the reader's machine."""
_UNUSED = (".md", ".txt", "LICENSE", "LICENSE-zxing-cpp")
"""Files that the page itself does not need."""


class MissingWords(ValueError):
    """Some words lack a language. The message names them all."""


def page_data() -> Mapping[str, Any]:
    """The data that the browser needs: words, labels of forms, names of departments, settings.

    Raises MissingWords.
    """
    data = data_folder()
    languages = _read_yaml(data / "languages.yml")
    named: list[str] = languages["reply_languages"]
    page = _read_yaml(SITE / "words.yml")
    require_languages(page, named)
    return {
        "languages": [{"tag": tag, "name": languages["keys"][tag]["name"]} for tag in named],
        "default": languages["default_language"],
        "settings": {
            **_read_yaml(SITE / "settings.yml"),
            **_read_yaml(SITE.parent / "keys.yml"),
            "field_names": list(field_names()),
        },
        "words": page,
        "forms": {
            file.stem: _form(_read_yaml(file)) for file in sorted((data / FORMS).glob("*.yml"))
        },
        "departments": dict(_departments(data / "departments")),
    }


def require_languages(words: Any, languages: list[str]) -> None:
    """Raises MissingWords if a text lacks a language."""
    missing = list(_gaps(words, languages, "words.yml"))
    if missing:
        raise MissingWords("\n".join(missing))


@dataclass(frozen=True)
class Asset:
    """A file in memory. `gzipped` is None if compression saves nothing."""

    body: bytes
    gzipped: bytes | None
    media_type: str
    etag: str


def asset(name: str, body: bytes) -> Asset:
    """The asset with this file name."""
    suffix = Path(name).suffix
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(
        body,
        gzip.compress(body, mtime=0) if suffix in _COMPRESSED else None,
        _TYPES.get(suffix, guessed),
        f'"{hashlib.sha256(body).hexdigest()[:32]}"',
    )


def read_assets(folder: Path, hidden: frozenset[str]) -> Mapping[str, Asset]:
    """Every file below `folder` by its path, except those named in `hidden`."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    named = ((file.relative_to(folder).as_posix(), file) for file in files)
    return {name: asset(name, file.read_bytes()) for name, file in named if name not in hidden}


def version_of(assets: Mapping[str, Asset]) -> str:
    """A version that changes with any byte of any asset, so that browsers may keep assets."""
    digest = hashlib.sha256()
    for name, held in sorted(assets.items()):
        digest.update(f"{name}\0{held.etag}\0".encode())
    return digest.hexdigest()[:12]


def build(data: Mapping[str, Any] | None = None) -> APIRouter:
    """The router. It reads every file once. `data` replaces `page_data()`. Raises MissingWords."""
    data = page_data() if data is None else data
    compact = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    fonts = {f"fonts/{name}": held for name, held in read_assets(FONTS, _NO_FONTS).items()}
    own = read_assets(STATIC, frozenset(FILLED))
    files = {**own, **fonts, "data.json": asset("data.json", compact)}
    templates = {name: (STATIC / name).read_text(encoding="utf-8") for name in FILLED}
    version = version_of(
        {**files, **{name: asset(name, text.encode()) for name, text in templates.items()}}
    )
    places = _places(version, files, data)
    filled = {
        name: asset(name, Template(text).substitute(places).encode())
        for name, text in templates.items()
    }
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    @router.get("/c/{document_id}")
    async def page(request: Request) -> Response:
        """The same page for all documents; its script reads the address."""
        return _answer(request, filled["index.html"], FRESH)

    @router.get("/sw.js")
    async def service_worker(request: Request) -> Response:
        return _answer(request, filled["sw.js"], FRESH)

    @router.get("/manifest.webmanifest")
    async def manifest(request: Request) -> Response:
        return _answer(request, filled["manifest.webmanifest"], FRESH)

    @router.get("/site/{of_version}/{name:path}")
    async def file(request: Request, of_version: str, name: str) -> Response:
        if of_version != version or name not in files:
            return Response(status_code=404, headers={"Cache-Control": "no-store"})
        return _answer(request, files[name], FOREVER)

    return router


def _read_yaml(file: Path) -> Any:
    return load_yaml(file.read_text(encoding="utf-8"))


def _form(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: raw[name] for name in ("title", "labels", "note")}


def _departments(folder: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    for file in sorted(folder.glob("*.yml")):
        raw = _read_yaml(file)
        if "department" in raw:  # a file without it holds the defaults of all
            yield raw["department"], raw["title"]


def _gaps(node: Any, languages: list[str], path: str) -> Iterator[str]:
    """Names the texts that lack a language. A text is a mapping from language to words."""
    if not isinstance(node, Mapping):
        return
    if set(node) & set(languages):
        lacking = [tag for tag in languages if not node.get(tag)]
        if lacking:
            yield f"{path}: no words in {', '.join(lacking)}"
        return
    for name, below in node.items():
        yield from _gaps(below, languages, f"{path}.{name}")


def _places(version: str, files: Mapping[str, Asset], data: Mapping[str, Any]) -> dict[str, str]:
    """The values that the templates need."""
    base = f"/site/{version}/"
    kept = [
        path for path in files if not path.startswith(_ON_DEMAND) and not path.endswith(_UNUSED)
    ]
    modules = [path for path in kept if path.startswith("js/")]
    words = data["words"]["page"]
    return {
        "base": base,
        "version": version,
        "name": escape(words["name"][data["default"]]),
        "preloads": "\n".join(
            f'<link rel="modulepreload" href="{base}{path}">' for path in modules
        ),
        "no_script": "".join(
            f'<p lang="{tag}">{escape(text)}</p>' for tag, text in words["no_script"].items()
        ),
        "shell": json.dumps(["/", "/manifest.webmanifest", *(base + path for path in kept)]),
        "page_ms": str(data["settings"]["page_seconds"] * 1000),
    }


def _answer(request: Request, held: Asset, cache: str) -> Response:
    headers = {**SECURITY, "Cache-Control": cache, "ETag": held.etag, "Vary": "Accept-Encoding"}
    if held.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if held.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(held.gzipped, media_type=held.media_type, headers=headers)
    return Response(held.body, media_type=held.media_type, headers=headers)
