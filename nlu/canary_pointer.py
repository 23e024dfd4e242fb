"""The pointer to the canary: the model that answers a share of the citizens beside the live one.

It is the file `canary` of the registry, beside `live`. Without the file there is no canary.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from nlu.archive import ReleaseRefused
from nlu.known_fields import known_fields
from nlu.whole_file import write_whole

FILE = "canary"


@dataclass(frozen=True)
class Canary:
    """A model of the registry, and the percent of the citizens that it answers. With 0 it answers
    only calls of `/parse` that ask for it."""

    id: str
    percent: float


def read(folder: Path) -> Canary | None:
    """The canary of this registry. Raises ReleaseRefused for a pointer that cannot be read."""
    try:
        text = (folder / FILE).read_text("utf-8")
    except FileNotFoundError:
        return None
    try:
        told = known_fields(Canary, json.loads(text))
        return Canary(str(told["id"]), float(told["percent"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ReleaseRefused(
            f"{folder / FILE} cannot be read: `seva canary --end` takes it away"
        ) from None


def write(folder: Path, canary: Canary | None) -> None:
    """Makes it the canary of this registry; None: there is none any more."""
    if canary is None:
        (folder / FILE).unlink(missing_ok=True)
    else:
        write_whole(folder / FILE, json.dumps(asdict(canary)) + "\n")


def drop(folder: Path, model_id: str) -> None:
    """Ends the canary where it is this model, which goes live. Gone back from, it is no canary
    again by itself."""
    try:
        is_it = (now := read(folder)) is not None and now.id == model_id
    except ReleaseRefused:  # a pointer that nobody can read holds up no promotion
        is_it = False
    if is_it:
        write(folder, None)
