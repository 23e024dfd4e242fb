"""The choices of a slot that follow from other values: suggested, or given by the department."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from actions.dialogue.state import Offer, State
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


def suggested(suggest: Suggest, state: State, slot: Slot) -> State:
    """With what follows for a slot from the others, unless the citizen answered it."""
    if slot.suggested_by is None or slot.name in state.given:
        return state
    others = {name: value for name, value in state.values.items() if name != slot.name}
    value = suggest(slot.suggested_by, others).value
    return replace(state, values={**others, **({slot.name: value} if value else {})})


def offering(catalogue: Catalogue, suggest: Suggest, state: State, slot: Slot) -> Slot:
    """The slot with the choices that are likely, or that the department gave; the type's own come
    behind these."""
    offers = state.offers.get(slot.name, ())
    if offers:
        rows = _given(offers, catalogue.languages.reply)
        return replace(slot, type=replace(slot.type, choices=(*rows, *slot.type.choices)))
    if slot.suggested_by is None:
        return slot
    return _likely_first(slot, suggest(slot.suggested_by, state.values).likely, catalogue)


def _given(offers: Sequence[Offer], languages: Sequence[str]) -> list[Choice]:
    """What the department gave. The line under a choice names it too where it is the only such."""
    abouts = [offer.about for offer in offers]
    return [
        Choice(
            offer.value,
            dict.fromkeys(languages, offer.title),
            (offer.about,) if offer.about and abouts.count(offer.about) == 1 else (),
            dict.fromkeys(languages, offer.about),
        )
        for offer in offers
    ]


def _likely_first(slot: Slot, likely: tuple[str, ...], catalogue: Catalogue) -> Slot:
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
