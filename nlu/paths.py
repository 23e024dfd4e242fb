"""Where Seva finds what it knows and keeps what it writes: no other module decides that.

Seva runs from a checkout or from an installed wheel. A wheel carries the catalogue and `config.yml`
in `nlu/shipped`, which is only read: what an installed Seva writes lies in the folder one works in,
or in the user's cache.
"""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
"""The code of `nlu`; models are trained anew when parts of it change."""

_IN_WHEEL = PACKAGE / "shipped"
CHECKOUT = None if _IN_WHEEL.is_dir() else PACKAGE.parent
"""The folder of the repository; None where Seva was installed from a wheel."""

SHIPPED = CHECKOUT or _IN_WHEEL
"""The folder whose `data/` and `config.yml` came with Seva."""

CATALOGUE, CONFIG = "data", "config.yml"
_MARK = "languages.yml"  # every catalogue has one


def data_folder(configured: str = CATALOGUE) -> Path:
    """The service catalogue: SEVA_DATA_DIR, else the folder `configured` here, else the one that
    came with Seva."""
    folder = Path(os.environ.get("SEVA_DATA_DIR") or configured)
    if os.environ.get("SEVA_DATA_DIR") or folder.is_absolute() or (folder / _MARK).is_file():
        return folder
    return SHIPPED / configured


def var_folder() -> Path:
    """Where all processes keep their files: SEVA_VAR_DIR, else `var/` here. Databases and the keys
    that seal them lie in the same one, whatever folder a process is started in."""
    return Path(os.environ.get("SEVA_VAR_DIR") or "var")


def models_folder() -> Path:
    """The registry of models: SEVA_MODELS_DIR, else `models/` beside an own catalogue, else that of
    the checkout; an installed Seva has it here."""
    configured = os.environ.get("SEVA_MODELS_DIR")
    return Path(configured) if configured else _home() / "models"


def config_file() -> Path:
    """What Rasa is configured by: SEVA_CONFIG, else `config.yml` beside an own catalogue, else the
    one that came with Seva."""
    configured = os.environ.get("SEVA_CONFIG")
    if configured:
        return Path(configured)
    own = _home() / CONFIG
    return own if own.is_file() else SHIPPED / CONFIG


def cache_folder() -> Path:
    """What can be made again: SEVA_CACHE_DIR, else `.cache/seva` of the checkout; an installed Seva
    uses the user's cache, which all folders share."""
    configured = os.environ.get("SEVA_CACHE_DIR")
    if configured:
        return Path(configured)
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (CHECKOUT / ".cache" if CHECKOUT else users) / "seva"


def defaults() -> dict[str, Path]:
    """The folders and files of a process whose environment names none, by field of the settings."""
    return {
        "data_dir": data_folder(),
        "models_dir": models_folder(),
        "cache_dir": cache_folder(),
        "config": config_file(),
    }


def _home() -> Path:
    """The folder that models and `config.yml` belong to: this one where it holds a catalogue or
    Seva is installed, else the checkout."""
    here = Path.cwd()
    own = (here / CATALOGUE / _MARK).is_file()
    return here if own or CHECKOUT is None else CHECKOUT
