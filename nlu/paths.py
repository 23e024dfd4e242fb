"""Where Seva finds what it knows and keeps what it writes: no other module decides that."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
"""The folder of the project itself, whose `data/` is used where there is no other."""


def data_folder() -> Path:
    """The service catalogue: SEVA_DATA_DIR, else `data/` here, else the project's own."""
    configured = os.environ.get("SEVA_DATA_DIR")
    if configured:
        return Path(configured)
    here = Path("data")
    return here if (here / "languages.yml").is_file() else PROJECT / "data"


def var_folder() -> Path:
    """Where all processes keep their files: SEVA_VAR_DIR, else `var/` here. Databases and the keys
    that seal them lie in the same one, whatever folder a process is started in."""
    return Path(os.environ.get("SEVA_VAR_DIR") or "var")


def models_folder() -> Path:
    """The registry of models: SEVA_MODELS_DIR, else `models/` of the project."""
    return Path(os.environ.get("SEVA_MODELS_DIR") or PROJECT / "models")


def config_file() -> Path:
    """What Rasa is configured by: SEVA_CONFIG, else `config.yml` of the project."""
    return Path(os.environ.get("SEVA_CONFIG") or PROJECT / "config.yml")
