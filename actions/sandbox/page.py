"""What the sandbox's pages share: templates, styles, headers that let nothing in from elsewhere.

No page needs JavaScript: each button is a form that comes back to the sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

STATIC = Path(__file__).with_name("static")
"""The pages' styles, at `/__static`."""
PAGE: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "font-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cache-Control": "no-store",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template."""
    html = _TEMPLATES.get_template(f"{template}.html").render(**values)
    return HTMLResponse(html, status, headers=PAGE)
