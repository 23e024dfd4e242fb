"""Offices and secretariats of `data/grievances.yml`; titles are those of the slot type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from actions.grievances.cues import Cues, Nearness, Phrase, Vocabulary
from nlu.fast_yaml import load_yaml
from nlu.records import NOT_IN_FILE, Misfit, read_as, read_record
from nlu.slots.words import words
from nlu.text import fold, normalise

FILE = "grievances.yml"
OFFICE_TYPE = "grievance_office"


@dataclass(frozen=True)
class Weights:
    """See `routing:` in `data/grievances.yml`."""

    name: float
    cue: float
    area: float
    sure: float
    ahead: float
    shown: int
    spelling: Nearness
    near_km: float
    clearly: float


@dataclass(frozen=True)
class Office:
    """An office with its title in each language; `days` is how long it has for a grievance."""

    days: int
    names: Cues
    cues: Cues
    area: str | None = None
    id: str = field(default="", metadata=NOT_IN_FILE)
    title: Mapping[str, str] = field(default_factory=dict, metadata=NOT_IN_FILE)


@dataclass(frozen=True)
class Secretariat:
    """A `ward` or `village` at a latitude and longitude in degrees."""

    kind: str
    at: tuple[float, float]
    id: str = field(default="", metadata=NOT_IN_FILE)


@dataclass(frozen=True)
class _File:
    """`data/grievances.yml`."""

    routing: Weights
    reopen_days: int
    offices: Mapping[str, Office]
    areas: Mapping[str, Cues]
    secretariats: Mapping[str, Secretariat]


@dataclass(frozen=True)
class GrievanceDirectory:
    """Everything that routing knows."""

    weights: Weights
    reopen_days: int
    offices: Mapping[str, Office]
    areas: Mapping[str, Cues]
    secretariats: Mapping[str, Secretariat]
    vocabulary: Vocabulary


@lru_cache(maxsize=4)
def load_directory(data: Path) -> GrievanceDirectory:
    """Reads `<data>/grievances.yml`. Raises RecordError."""
    read = read_record(data / FILE, _File)
    types = load_yaml((data / "slot_types.yml").read_text("utf-8"))["types"]
    titles = {choice["value"]: choice["title"] for choice in types[OFFICE_TYPE]["choices"]}
    offices = {
        name: replace(office, id=name, title=titles[name]) for name, office in read.offices.items()
    }
    of_offices = (cues for office in offices.values() for cues in (office.names, office.cues))
    return GrievanceDirectory(
        weights=read.routing,
        reopen_days=read.reopen_days,
        offices=offices,
        areas=read.areas,
        secretariats={name: replace(row, id=name) for name, row in read.secretariats.items()},
        vocabulary=Vocabulary([*of_offices, *read.areas.values()], read.routing.spelling),
    )


def sounds(text: str) -> Phrase:
    """The words of a text as they sound, whatever its script."""
    return tuple(fold(word.text) for word in words(normalise(text).text.lower()))


def _cues(by_key: Any) -> Cues:
    """Cues of all keys: what sounds the same is the same."""
    if not isinstance(by_key, Mapping):
        raise Misfit("must be lists of words by key", "write `te: [word, ...]` lines under it")
    return Cues(sounds(cue) for cues in by_key.values() for cue in cues)


read_as(Cues, _cues)
