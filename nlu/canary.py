"""A canary is set and ended: by whom, why, and what the gate said. It is kept with the promotions.

The live model answers all others. Once the canary is made live, it is no canary any more.
"""

from __future__ import annotations

from pathlib import Path

from nlu import canary_pointer, registry
from nlu.archive import ReleaseRefused
from nlu.canary_pointer import Canary
from nlu.lineage import change
from nlu.shared_models import shared_models

BEGUN, ENDED = "canary", "end_canary"
"""`what` of a change of the canary."""
LIVE_CHANGES = ("promote", "rollback")
"""The same of the live model."""
_MOST = 100


def current(folder: Path) -> Canary | None:
    """The canary of this registry, or of the machines that share their models. Raises DatabaseAway,
    and ReleaseRefused for a pointer that cannot be read."""
    shared = shared_models(folder)
    return canary_pointer.read(folder) if shared is None else shared.canary()


def begin(
    folder: Path, model_id: str, percent: float, reason: str = "", by: str = "", gate: str = ""
) -> None:
    """Lets a model answer `percent` of the citizens, on all machines where they share their models.
    It takes the place of another canary. Raises ReleaseRefused, FileNotFoundError, DatabaseAway,
    ArchivesAway."""
    if not 0 <= percent <= _MOST:
        raise ReleaseRefused(f"a canary answers 0 to {_MOST} percent of the citizens")
    shared = shared_models(folder)
    live = registry.live_id(folder) if shared is None else shared.live()
    if live is None:
        raise ReleaseRefused("there is no live model that a canary could stand beside")
    if live == model_id:
        raise ReleaseRefused(f"{model_id} is live: it answers everybody")
    made = change(folder, model_id, BEGUN, reason, by, gate, percent)
    wanted = Canary(model_id, percent)
    if shared is not None:
        shared.set_canary(wanted, made)
        return
    registry.check_whole(folder, model_id)
    canary_pointer.write(folder, wanted)
    registry.remember(folder, made)


def end(folder: Path, reason: str = "", by: str = "") -> str:
    """Lets the live model answer everybody again; the id of what was the canary. Raises
    ReleaseRefused where there is none, and DatabaseAway."""
    shared = shared_models(folder)
    try:
        now = current(folder)
    except ReleaseRefused:  # that is what it is ended for
        now = Canary("", 0.0)
    if now is None:
        raise ReleaseRefused("there is no canary")
    made = change(folder, now.id, ENDED, reason, by)
    if shared is not None:
        shared.set_canary(None, made)
    else:
        canary_pointer.write(folder, None)
        if registry.live_id(folder) is not None:
            registry.remember(folder, made)
    return now.id
