"""Where Seva finds what it knows and keeps what it writes: no other module decides that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
"""The folder of the project itself, whose `data/` is used where there is no other."""


_OF_THIS_WORK: ContextVar[Path | None] = ContextVar("data", default=None)
_of_this_process: Path | None = None


def chosen_folder() -> Path | None:
    """The catalogue that SEVA_DATA_DIR names. Where it names one, every process reads that folder
    as it is; where it names none, `serve`, `worker` and `actions` read the copy inside the live
    model."""
    configured = os.environ.get("SEVA_DATA_DIR")
    return Path(configured).absolute() if configured else None


def data_folder() -> Path:
    """The service catalogue: the folder in use (`reading`, `read_from`), else SEVA_DATA_DIR, else
    `data/` here, else the project's own."""
    used = folder_in_use() or chosen_folder()
    if used:
        return used
    here = Path("data")
    return here if (here / "languages.yml").is_file() else PROJECT / "data"


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
    """The registry of models: SEVA_MODELS_DIR, else `models/` of the project."""
    return Path(os.environ.get("SEVA_MODELS_DIR") or PROJECT / "models")


def config_file() -> Path:
    """What Rasa is configured by: SEVA_CONFIG, else `config.yml` of the project."""
    return Path(os.environ.get("SEVA_CONFIG") or PROJECT / "config.yml")
