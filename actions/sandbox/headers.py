"""Headers of the sandbox's pages: forms that come back here, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
