"""What Seva knows already of what it asks: numbers that departments gave this phone, values of this
conversation, values that the citizen let us remember, and the sender's own number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from actions.dialogue.settings import DialogueSettings
from actions.dialogue.state import Given, State
from nlu.catalogue import Catalogue, NumberKind, Service, Slot
from nlu.slots.kind import kind_of

_KEPT = 2  # values of one type in one conversation


def record_slot(service: Service) -> Slot | None:
    """The first slot that asks for the number of a record; none of somebody's private numbers."""
    return next((slot for slot in service.slots if _names_record(slot)), None)


def _names_record(slot: Slot) -> bool:
    return kind_of(slot.type).names_record and not slot.type.sensitive


def kind_of_given(catalogue: Catalogue, given: Given) -> NumberKind | None:
    """The kind of a number that was given; None where the department's file lost it."""
    department = catalogue.departments.get(given.department)
    kinds = department.numbers if department else ()
    return next((kind for kind in kinds if kind.name == given.kind), None)


def fitting(catalogue: Catalogue, state: State, service: Service) -> list[Given]:
    """Numbers given to this phone that the service takes, the latest first."""
    found = []
    for given in state.memory.given:
        kind = kind_of_given(catalogue, given)
        if kind is not None and service.name in kind.services.values():
            found.append(given)
    return found


def taken(
    catalogue: Catalogue, state: State, service: Service
) -> tuple[dict[str, str], Given] | None:
    """The values that are known where just one number was given for a service: the number, and
    places that were told for it."""
    slot = record_slot(service)
    if slot is None or slot.name in state.values or slot.offered_by or not slot.required:
        return None
    numbers = fitting(catalogue, state, service)
    if len(numbers) != 1:
        return None
    return values_for(service, numbers[0]), numbers[0]


def values_for(service: Service, given: Given) -> dict[str, str]:
    """What a number that was given tells a service."""
    slot = record_slot(service)
    places = {
        other.name: given.values[other.name]
        for other in service.slots
        if other.type.kind == "place" and other.name in given.values
    }
    return {**places, slot.name: given.number} if slot else {}


def offered(
    catalogue: Catalogue, settings: DialogueSettings, state: State, service: Service, slot: Slot
) -> list[tuple[str, Given | None]]:
    """Values that may be meant, the likeliest first; with a number, what it was given for."""
    found: dict[str, Given | None] = {}
    record = record_slot(service)
    if record is not None and slot.name == record.name:
        for given in fitting(catalogue, state, service):
            found.setdefault(given.number, given)
    for value in _known(state, settings, slot):
        found.setdefault(value, None)
    told = {value for name, value in state.values.items() if name != slot.name}
    rows = [(value, given) for value, given in found.items() if value not in told]
    return rows[: settings.recalled_numbers]


def _known(state: State, settings: DialogueSettings, slot: Slot) -> Iterator[str]:
    yield from state.said.get(_name(slot, settings), ())
    yield from state.profile.values.get(slot.type.name, ())
    if slot.type.kind == "mobile" and state.memory.mobile:
        yield state.memory.mobile


def said_before(settings: DialogueSettings, state: State, slot: Slot) -> str | None:
    """The value of this conversation that a slot would take again."""
    said = state.said.get(_name(slot, settings), ())
    return said[0] if said else None


def with_said(state: State, service: Service, settings: DialogueSettings) -> State:
    """The state with what was told of a service, for the next question of the same type."""
    said = dict(state.said)
    for slot in service.slots:
        value = state.values.get(slot.name)
        name = _name(slot, settings)
        if value and name and not slot.type.sensitive:
            others = [one for one in said.get(name, ()) if one != value]
            said[name] = (value, *others)[:_KEPT]
    return replace(state, said=said)


def without(state: State, settings: DialogueSettings, slot: Slot) -> State:
    """The state that does not offer the value of a slot again: nothing was found by it."""
    name, wrong = _name(slot, settings), state.values.get(slot.name)
    left = tuple(one for one in state.said.get(name, ()) if one != wrong)
    return replace(state, said={**state.said, name: left}) if name else state


def _name(slot: Slot, settings: DialogueSettings) -> str:
    """What the values of a slot are kept as: its type, or its own name where types are mixed; empty
    where they are not kept."""
    names = (slot.type.name, slot.name)
    return next((name for name in names if name in settings.recalled), "")
