"""Which secretariat a place belongs to: the nearest to a pin, or the one that the words name."""

from __future__ import annotations

import math
from dataclasses import dataclass

import regex

from actions.grievances.directory import GrievanceDirectory
from nlu.catalogue import Gazetteer
from nlu.slots.kinds.places import find_places
from nlu.text import normalise

_SPOT = regex.compile(r"(-?\d{1,2}\.\d{3,})\s*,\s*(-?\d{1,3}\.\d{3,})")
_EARTH_KM = 6371.0
_EXACT = 0.9  # sureness of `nlu.slots` from which a name is more than a near miss


@dataclass(frozen=True)
class Located:
    """The secretariats that fit a place, the likeliest first."""

    fitting: tuple[str, ...]
    sure: bool


def locate(directory: GrievanceDirectory, gazetteer: Gazetteer, place: str, text: str) -> Located:
    """By the pin in `place`, else by its words, else by the words of the grievance itself."""
    spot = pinned(place)
    if spot is not None:
        return nearest(directory, spot)
    for words in (place, text):
        named = _named(gazetteer, words)
        if named.fitting:
            return named
    return Located((), False)


def pinned(place: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees of a spot shared on the map."""
    found = _SPOT.search(place)
    return (float(found[1]), float(found[2])) if found else None


def nearest(directory: GrievanceDirectory, spot: tuple[float, float]) -> Located:
    """The secretariats near enough to a spot; sure where one is clearly the nearest."""
    weights = directory.weights
    away = sorted((distance_km(spot, one.at), name) for name, one in directory.secretariats.items())
    near = [(km, name) for km, name in away if km <= weights.near_km]
    if not near:
        return Located((), False)
    following = away[1][0] if len(away) > 1 else math.inf
    sure = near[0][0] <= weights.clearly * following
    return Located(tuple(name for _, name in near[: weights.shown]), sure)


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance in km of two points in degrees (haversine)."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def _named(gazetteer: Gazetteer, text: str) -> Located:
    hits = sorted(find_places(gazetteer, normalise(text).text), key=lambda hit: -hit.confidence)
    names = tuple(dict.fromkeys(hit.value for hit in hits))
    return Located(names, len(names) == 1 and hits[0].confidence >= _EXACT)
