"""Where documents are issued and checked: the defaults of the demo on one machine."""

from __future__ import annotations

import os
from pathlib import Path

from nlu.paths import var_folder
from nlu.storage.keys import KEY_FILE, Place

DOCUMENTS_URL = "http://127.0.0.1:8795"
"""SEVA_DOCUMENTS_URL: the public address in QR codes."""
FOLDER = "documents"
"""Below SEVA_VAR_DIR: keys, registry and log."""
COSIGN_SECONDS = 60.0
"""SEVA_COSIGN_SECONDS: between two questions to the witnesses."""
LOG, KEYS, REGISTRY = "log", "keys", "registry.sqlite"
_SEALING = "SEVA_DOCUMENTS_SEALING_KEY"


def documents_folder() -> Path:
    """Keys, registry and log, below SEVA_VAR_DIR."""
    return var_folder() / FOLDER


def sealing_keys(folder: Path) -> Place:
    """What seals the registry in `folder`: those of the environment, or a file beside it."""
    return Place(os.environ.get(_SEALING, "").strip(), "", folder / KEY_FILE, _SEALING)


def documents_url() -> str:
    """The public address."""
    return os.environ.get("SEVA_DOCUMENTS_URL") or DOCUMENTS_URL


def witnesses() -> tuple[str, ...]:
    """SEVA_WITNESSES: addresses of the log's witnesses, blanks between; default none."""
    return tuple((os.environ.get("SEVA_WITNESSES") or "").split())


def cosign_seconds() -> float:
    """Seconds between two questions to the witnesses. Raises ValueError for no number."""
    return float(os.environ.get("SEVA_COSIGN_SECONDS") or COSIGN_SECONDS)
