"""`/openapi.json` and the page `/docs`. All files that the page needs come from this server."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from api.json_answer import json_response
from api.problems import Problem, explanation
from nlu.fast_yaml import load_yaml

_HERE = Path(__file__).parent
_ASSETS = "/docs/assets"
_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def page_policy(html: bytes) -> str:
    """The policy for a Swagger UI page: it may load files of this server and its own script."""
    scripts = [digest(script) for script in _SCRIPT.findall(html)]
    return (
        f"default-src 'none'; script-src 'self' {' '.join(scripts)}; style-src 'self' "
        "'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def digest(script: bytes) -> str:
    """The hash of a script, as Content-Security-Policy writes it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"


def add_documentation(app: FastAPI) -> None:
    """Adds the description, the page and the explanations of problems to an application."""
    written = load_yaml((_HERE / "openapi.yml").read_text(encoding="utf-8"))

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            here = {getattr(route, "path", "") for route in app.routes}
            schema["servers"] = written["servers"]
            paths = {path: value for path, value in written["paths"].items() if path in here}
            schema["paths"] = {**paths, **schema.get("paths", {})}
            components = schema.setdefault("components", {})
            for part, entries in written["components"].items():
                components[part] = {**entries, **components.get(part, {})}
            app.openapi_schema = schema
        return app.openapi_schema

    async def description(request: Request) -> Response:
        return json_response(openapi())

    async def page(request: Request) -> Response:
        html = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{_ASSETS}/favicon-32x32.png",
        )
        html.headers["Content-Security-Policy"] = page_policy(bytes(html.body))
        return html

    async def problem(request: Request) -> Response:
        found = explanation(request.path_params["name"])
        if found is None:
            raise Problem("not-found")
        return json_response(found)

    app.openapi = openapi  # type: ignore[method-assign]
    app.router.add_route("/openapi.json", description, methods=["GET"])
    app.router.add_route("/docs", page, methods=["GET"])
    app.router.add_route("/problems/{name}", problem, methods=["GET"])
    app.mount(_ASSETS, StaticFiles(directory=_HERE / "static" / "swagger"))
