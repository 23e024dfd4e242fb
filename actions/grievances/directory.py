"""Offices and secretariats of `data/grievances.yml`; titles are those of the slot type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from actions.grievances.cues import Cues, Nearness, Phrase, Vocabulary
from nlu.fast_yaml import load_yaml
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

    id: str
    title: Mapping[str, str]
    days: int
    area: str | None
    names: Cues
    cues: Cues


@dataclass(frozen=True)
class Secretariat:
    """A `ward` or `village` at a latitude and longitude in degrees."""

    id: str
    kind: str
    at: tuple[float, float]


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
    """Reads `<data>/grievances.yml`. Raises KeyError or TypeError for what is not as it must be."""
    raw = _read(data / FILE)
    types = _read(data / "slot_types.yml")["types"]
    titles = {choice["value"]: choice["title"] for choice in types[OFFICE_TYPE]["choices"]}
    offices = {name: _office(name, titles[name], row) for name, row in raw["offices"].items()}
    areas = {kind: _cues(by_key) for kind, by_key in raw["areas"].items()}
    weights = Weights(**{**raw["routing"], "spelling": Nearness(**raw["routing"]["spelling"])})
    of_offices = (cues for office in offices.values() for cues in (office.names, office.cues))
    return GrievanceDirectory(
        weights=weights,
        reopen_days=int(raw["reopen_days"]),
        offices=offices,
        areas=areas,
        secretariats={
            name: Secretariat(name, row["kind"], (float(row["at"][0]), float(row["at"][1])))
            for name, row in raw["secretariats"].items()
        },
        vocabulary=Vocabulary([*of_offices, *areas.values()], weights.spelling),
    )


def sounds(text: str) -> Phrase:
    """The words of a text as they sound, whatever its script."""
    return tuple(fold(word.text) for word in words(normalise(text).text.lower()))


def _office(name: str, title: Mapping[str, str], raw: Mapping[str, Any]) -> Office:
    return Office(
        id=name,
        title=title,
        days=int(raw["days"]),
        area=raw.get("area"),
        names=_cues(raw["names"]),
        cues=_cues(raw["cues"]),
    )


def _cues(by_key: Mapping[str, Sequence[str]]) -> Cues:
    """Cues of all keys: what sounds the same is the same."""
    return Cues(sounds(cue) for cues in by_key.values() for cue in cues)


def _read(path: Path) -> Any:
    return load_yaml(path.read_text("utf-8"))
