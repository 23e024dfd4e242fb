"""Where Seva finds what it knows and keeps what it writes: no other module decides that.

Seva runs from a checkout or from an installed wheel. A wheel carries the catalogue and `config.yml`
in `nlu/shipped`, which is only read: what an installed Seva writes lies in the folder one works in,
or in the user's cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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


_OF_THIS_WORK: ContextVar[Path | None] = ContextVar("data", default=None)
_of_this_process: Path | None = None


def chosen_folder() -> Path | None:
    """The catalogue that SEVA_DATA_DIR names. Where it names one, every process reads that folder
    as it is; where it names none, `serve`, `worker` and `actions` read the copy inside the live
    model."""
    configured = os.environ.get("SEVA_DATA_DIR")
    return Path(configured).absolute() if configured else None


def data_folder(configured: str = CATALOGUE) -> Path:
    """The service catalogue: the folder in use (`reading`, `read_from`), else SEVA_DATA_DIR, else
    the folder `configured` here, else the one that came with Seva."""
    used = folder_in_use() or chosen_folder()
    if used:
        return used
    folder = Path(configured)
    if folder.is_absolute() or (folder / _MARK).is_file():
        return folder
    return SHIPPED / configured


def folder_in_use() -> Path | None:
    """The data that this turn, or else this process, runs on; None where nobody has said."""
    return _OF_THIS_WORK.get() or _of_this_process


@contextmanager
def reading(folder: Path | None) -> Iterator[None]:
    """Inside, and in the tasks and threads (`asyncio.to_thread`) that are started inside, all data
    is read from `folder`. So two releases can work side by side in one process."""
    token = _OF_THIS_WORK.set(folder and folder.absolute())
    try:
        yield
    finally:
        _OF_THIS_WORK.reset(token)


def read_from(folder: Path | None) -> None:
    """From here on this process reads its data from `folder`, wherever `reading` says nothing."""
    global _of_this_process
    _of_this_process = folder and folder.absolute()


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
