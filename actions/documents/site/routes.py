"""Routes of the verification page: the page itself, its files, its service worker.

The page asks `/keys.json`, `/c/<id>/status` and `/log/key` of the same origin; others serve those.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from actions.documents.site.assets import Asset, asset, read_assets, version_of
from actions.documents.site.headers import FOREVER, FRESH, SECURITY
from actions.documents.site.words import page_data

STATIC = Path(__file__).with_name("static")
FILLED = ("index.html", "sw.js", "manifest.webmanifest")
"""Templates: they name the version of the files."""
_ON_DEMAND = ("vendor/pdfjs/", "fonts/")
"""Fetched by the browser only when they are needed, and kept from then on."""
_UNUSED = (".md", ".txt", "LICENSE", "LICENSE-zxing-cpp")
"""Served for who asks, of no use to the page."""


def build(data: Mapping[str, Any] | None = None) -> APIRouter:
    """The router; reads every file once. `data`: in place of `page_data()`. Raises MissingWords."""
    data = page_data() if data is None else data
    compact = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    files = {**read_assets(STATIC, frozenset(FILLED)), "data.json": asset("data.json", compact)}
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
        """The same page for all documents: it reads the address itself."""
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


def _places(version: str, files: Mapping[str, Asset], data: Mapping[str, Any]) -> dict[str, str]:
    """What the templates leave open."""
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
