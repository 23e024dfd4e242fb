"""Slot values in a free message, each at its place in the text as it was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from nlu.catalogue import Catalogue, Service, SlotType
from nlu.slots.kind import Elsewhere, Found, Hit, Kind, Said, kind_of, kinds, said
from nlu.slots.words import Spans
from nlu.text import Normalised

_COMING_FROM = 0.3


def extract(
    text: str, slot_types: Iterable[SlotType], *, today: date, catalogue: Catalogue
) -> list[Found]:
    """Values of the given types, left to right.

    A number that fits several types is reported for each of them. Only the service can tell which
    one is meant (`extract_for_service`). Types with `extract: false` are never found.
    """
    return _extract(text, slot_types, today, catalogue, one_service=False)


def _extract(
    text: str,
    slot_types: Iterable[SlotType],
    today: date,
    catalogue: Catalogue,
    *,
    one_service: bool,
) -> list[Found]:
    message = said(text, today)
    found: list[tuple[Kind, Found]] = []
    types = [(kind_of(slot_type), slot_type) for slot_type in slot_types if slot_type.extract]
    for kind, slot_type in sorted(types, key=lambda row: not row[0].shaped):
        never = [_claimed(by, message, found) for by in kind.never]
        for hit in kind.find(slot_type, message, catalogue):
            value = _found(slot_type, hit, message.view(kind.view), text)
            claimed = any(spans.meets(value.start, value.end) for spans in never)
            if not claimed and (one_service or not hit.one_service):
                found.append((kind, value))
    return sorted((f for _, f in found), key=lambda f: (f.start, f.end, f.slot_type))


def _claimed(by: Elsewhere, message: Said, found: list[tuple[Kind, Found]]) -> Spans:
    """The raw places that are claimed by one thing, so that other kinds are not read from them."""
    if by == "calendar":
        return message.calendar
    if by == "papers":
        return message.papers
    if by == "shaped":
        return Spans((value.start, value.end) for kind, value in found if kind.shaped)
    sure = ((kind, value) for kind, value in found if kind.signs and value.confidence == 1.0)
    return Spans((value.start, value.end) for _, value in sure)


def extract_for_service(
    text: str, service: Service, *, today: date, catalogue: Catalogue
) -> list[Found]:
    """Values for the slots of one service, `slot` set, each slot filled once.

    Of two readings of the same words the surer one is kept. A lone place without a role in a
    service that asks from and to is where the citizen wants to go.
    """
    types = {slot.type.name: slot.type for slot in service.slots}
    found = _extract(text, types.values(), today, catalogue, one_service=True)
    kept: list[Found] = []
    journey = any(slot.role for slot in service.slots)
    for value in sorted(found, key=lambda f: _rank(f, journey)):
        slot = _free_slot(service, value, {f.slot for f in kept})
        if slot is not None and not any(f.start < value.end and value.start < f.end for f in kept):
            kept.append(replace(value, slot=slot))
    return sorted(kept, key=lambda f: f.start)


def _rank(value: Found, journey: bool) -> tuple[float, int, int]:
    """The surest comes first. Outside a journey, the place that people come from comes last."""
    doubt = _COMING_FROM if value.role == "from" and not journey else 0.0
    return doubt - value.confidence, value.start, value.start - value.end


def prepare(catalogue: Catalogue, today: date) -> None:
    """Loads word lists, gazetteers and spaCy now, so that no citizen waits for them."""
    for kind in kinds().values():
        kind.prepare(catalogue)
    for slot_type in catalogue.slot_types.values():
        extract(" ".join(slot_type.examples), [slot_type], today=today, catalogue=catalogue)


def _free_slot(service: Service, value: Found, filled: set[str | None]) -> str | None:
    """The first unfilled slot of the value's type whose role agrees.

    What a value without a role means, its kind says: a place is the goal, a day is the beginning.
    """
    fitting = [slot for slot in service.slots if slot.type.name == value.slot_type]
    for slot in fitting:
        role = value.role
        if role is None and any(other.role for other in fitting):
            role = kind_of(slot.type).lone_role
        if slot.name not in filled and slot.role in (None, role):
            return slot.name
    return None


def _found(slot_type: SlotType, hit: Hit, view: Normalised, text: str) -> Found:
    start, end = view.raw_span(hit.start, hit.end)
    return Found(slot_type.name, hit.value, start, end, text[start:end], hit.confidence, hit.role)
