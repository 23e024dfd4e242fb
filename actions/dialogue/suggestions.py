"""Values that follow from what was told: taken without asking where they are sure, else offered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from nlu.catalogue import Catalogue, Choice, Slot


@dataclass(frozen=True)
class Suggestion:
    """The value, where it is sure, and the likely ones, the likeliest first."""

    value: str | None = None
    likely: tuple[str, ...] = ()


Suggest = Callable[[str, Mapping[str, str]], Suggestion]
"""(`suggested_by` of a slot, values by slot) -> what it suggests."""


def nothing(name: str, values: Mapping[str, str]) -> Suggestion:
    """Where nobody suggests anything."""
    return Suggestion()


def with_choices(slot: Slot, likely: tuple[str, ...], catalogue: Catalogue) -> Slot:
    """The slot with its choices, those that are likely first; of places only these."""
    choices = [choice for choice in slot.type.choices if choice.value not in likely]
    first = [_choice(slot, value, catalogue) for value in likely]
    ordered = (*(one for one in first if one is not None), *choices)
    return replace(slot, type=replace(slot.type, choices=ordered))


def _choice(slot: Slot, value: str, catalogue: Catalogue) -> Choice | None:
    if slot.type.gazetteer:
        places = catalogue.gazetteers[slot.type.gazetteer].places
        place = next((one for one in places if one.value == value), None)
        return Choice(place.value, place.title, place.forms) if place else None
    return next((choice for choice in slot.type.choices if choice.value == value), None)
