"""Slot values in a free message, each at its place in the text as it was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from nlu.catalogue import Catalogue, Service, SlotType
from nlu.slots.amounts import find_amounts
from nlu.slots.choices import find_choices
from nlu.slots.counts import find_counts
from nlu.slots.dates import find_dates
from nlu.slots.gazetteer import find_places, prepare_places
from nlu.slots.measures import find_measures
from nlu.slots.numbers import find_numbers_of
from nlu.slots.result import Found, Hit
from nlu.slots.roles import role_beside, settle
from nlu.slots.spans import Spans
from nlu.slots.times import find_times
from nlu.slots.views import MessageViews, message_views
from nlu.slots.written import find_emails, find_written
from nlu.text import Normalised

_SHAPED = ("written", "email", "code", "number", "mobile")
_QUANTITIES = {"amount": find_amounts, "count": find_counts, "measure": find_measures}
_NOT_DATES = ("number", "code", "mobile", *_QUANTITIES)
_NOT_PAPERS = ("written", *_NOT_DATES)
_COMING_FROM = 0.3


def extract(
    text: str, slot_types: Iterable[SlotType], *, today: date, catalogue: Catalogue
) -> list[Found]:
    """Values of the given types, left to right.

    A number that fits several types is reported for each of them: which one is meant only the
    service can tell (`extract_for_service`). Types with `extract: false` are never found.
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
    views = message_views(text, today)
    found: list[Found] = []
    # a quantity is never cut out of a number with a shape, nor a date out of 4-5-12 after "door no"
    for slot_type in sorted((t for t in slot_types if t.extract), key=_turn):
        taken = _taken(slot_type, found, catalogue)
        for hit, view in _hits(slot_type, views, catalogue, one_service):
            value = _found(slot_type, hit, view, text)
            if slot_type.kind in _NOT_DATES and views.calendar.meets(value.start, value.end):
                continue
            if slot_type.kind in _NOT_PAPERS and views.papers.meets(value.start, value.end):
                continue
            if taken.meets(value.start, value.end):
                continue
            found.append(value)
    return sorted(found, key=lambda f: (f.start, f.end, f.slot_type))


def _turn(slot_type: SlotType) -> bool:
    """Types whose values have a shape of their own come first."""
    return slot_type.kind not in _SHAPED


def _taken(slot_type: SlotType, found: list[Found], catalogue: Catalogue) -> Spans:
    """Places that a quantity, or a date, must not be read from."""
    shaped: list[Found] = []
    if slot_type.kind in _QUANTITIES:
        shaped = [f for f in found if _kind(f, catalogue) in _SHAPED]
    elif slot_type.kind in ("date", "time"):
        shaped = [f for f in found if _kind(f, catalogue) == "written" and f.confidence == 1.0]
    return Spans((f.start, f.end) for f in shaped)


def _kind(value: Found, catalogue: Catalogue) -> str:
    return catalogue.slot_types[value.slot_type].kind


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
    """Surest first; outside a journey, where people come from is rarely what they ask about."""
    doubt = _COMING_FROM if value.role == "from" and not journey else 0.0
    return doubt - value.confidence, value.start, value.start - value.end


def prepare(catalogue: Catalogue, today: date) -> None:
    """Loads word lists, gazetteers and spaCy now, so that no citizen waits for them."""
    prepare_places(catalogue.gazetteers.values())
    for slot_type in catalogue.slot_types.values():
        extract(" ".join(slot_type.examples), [slot_type], today=today, catalogue=catalogue)


def _free_slot(service: Service, value: Found, filled: set[str | None]) -> str | None:
    """The first unfilled slot of the value's type whose role agrees.

    A place without a role is where the citizen wants to go, a day without one when it begins.
    """
    fitting = [slot for slot in service.slots if slot.type.name == value.slot_type]
    for slot in fitting:
        role = value.role
        if role is None and any(other.role for other in fitting):
            role = "from" if slot.type.kind == "date" else "to"
        if slot.name not in filled and slot.role in (None, role):
            return slot.name
    return None


def _hits(
    slot_type: SlotType, views: MessageViews, catalogue: Catalogue, one_service: bool
) -> Iterator[tuple[Hit, Normalised]]:
    """Hits of one type, each with the view of the text that its places belong to."""
    kind, clean = slot_type.kind, views.clean
    view = clean
    hits: Iterable[Hit] = ()
    if kind in ("number", "mobile"):
        view = views.digits
        hits = find_numbers_of(slot_type, view)
    elif kind == "code":
        view = views.codes
        hits = find_numbers_of(slot_type, view, one_service=one_service)
    elif kind == "written":
        view = views.codes
        hits = find_written(slot_type, view)
    elif kind in _QUANTITIES:
        hits = _QUANTITIES[kind](slot_type, clean)
    elif kind == "date":
        hits = (
            replace(hit, role=role_beside(clean.text, hit.start, hit.end))
            for hit in find_dates(slot_type, clean, views.today)
        )
    elif kind == "time":
        hits = find_times(clean.text)
    elif kind == "email":
        hits = find_emails(clean.text)
    elif kind == "choice":
        hits = find_choices(slot_type, clean)
    elif kind == "place":
        hits = settle(
            clean.text, list(find_places(catalogue.gazetteers[_list(slot_type)], clean.text))
        )
    for hit in hits:
        yield hit, view


def _list(slot_type: SlotType) -> str:
    return slot_type.gazetteer or ""


def _found(slot_type: SlotType, hit: Hit, view: Normalised, text: str) -> Found:
    start, end = view.raw_span(hit.start, hit.end)
    return Found(slot_type.name, hit.value, start, end, text[start:end], hit.confidence, hit.role)
