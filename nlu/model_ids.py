"""Models by a part of their id: `20261130-093411-53bc66be` is long, `53bc` is enough.

The beginning of the id counts, the end, and the beginning of the hash at its end. What fits several
models is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nlu.archive import ReleaseRefused
from nlu.registry import MANIFEST

LIVE = "live"
_SHORTEST = 4
_SHOWN = 5


def matching(ids: Iterable[str], named: str) -> str | None:
    """The one id that is `named`, or begins or ends with it; None if there is none. Raises
    ReleaseRefused where several do, or where `named` is shorter than four letters."""
    known = sorted(set(ids))
    if named in known:
        return named
    if len(named) < _SHORTEST:
        raise ReleaseRefused(f"`{named}` is too short for a model's id: write {_SHORTEST} letters")
    found = [
        one
        for one in known
        if one.startswith(named) or one.endswith(named) or _hash(one).startswith(named)
    ]
    if len(found) > 1:
        some = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        raise ReleaseRefused(f"`{named}` fits {len(found)} models: {some}; write more of the id")
    return found[0] if found else None


def _hash(model_id: str) -> str:
    return model_id.rpartition("-")[2]


def short(model_id: str) -> str:
    """As much of an id as people say: the hash at its end."""
    return _hash(model_id)


def chosen_model(folder: Path, named: str) -> str:
    """The whole id of a model of this registry, or of the machines that share their models; `live`
    is the one that is live. Raises ReleaseRefused where several fit, and FileNotFoundError."""
    from nlu.shared_models import listed

    if (folder / named / MANIFEST).is_file():  # no need to ask a database
        return named
    live, known = listed(folder)
    if named == LIVE:
        if live is None:
            raise FileNotFoundError(f"there is no live model in {folder}; `seva models` lists all")
        return live
    found = matching((one.id for one in known), named)
    if found is None:
        raise FileNotFoundError(f"no model {named} in {folder}; `seva models` lists them")
    return found
