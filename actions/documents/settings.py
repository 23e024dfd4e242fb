"""Where documents are issued and checked: the defaults of the demo on one machine."""

from __future__ import annotations

DOCUMENTS_URL = "http://127.0.0.1:8795"
"""SEVA_DOCUMENTS_URL: the public address in QR codes."""
FOLDER = "documents"
"""Below SEVA_VAR_DIR: keys, registry and log."""
LOG, KEYS, REGISTRY = "log", "keys", "registry.sqlite"
