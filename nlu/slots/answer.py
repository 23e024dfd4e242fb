"""The citizen's answer to one question, read by the kind of its slot type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.amounts import parse_amount
from nlu.slots.choices import parse_choice
from nlu.slots.counts import parse_count
from nlu.slots.dates import parse_date
from nlu.slots.free_text import parse_name, parse_text
from nlu.slots.measures import parse_measure
from nlu.slots.numbers import parse_code, parse_mobile, parse_number
from nlu.slots.place_index import named_place
from nlu.slots.result import Parsed, Rejected
from nlu.slots.sent import parse_attachment, parse_location
from nlu.slots.times import parse_time
from nlu.slots.written import parse_email, parse_written
from nlu.text import Normalised, normalise

_READERS: dict[str, Callable[[SlotType, Normalised], Parsed | Rejected]] = {
    "number": parse_number,
    "code": parse_code,
    "written": parse_written,
    "mobile": parse_mobile,
    "email": parse_email,
    "time": parse_time,
    "amount": parse_amount,
    "measure": parse_measure,
    "count": parse_count,
    "choice": parse_choice,
    "name": parse_name,
    "text": parse_text,
    "location": parse_location,
    "attachment": parse_attachment,
}


def parse(
    slot_type: SlotType, text: str, *, today: date, catalogue: Catalogue
) -> Parsed | Rejected:
    """The value of an answer in any script, or the reason why it does not fit.

    A value a button sends (the id of a place or a choice, an ISO date) is read like any answer.
    """
    clean = normalise(text)
    if not clean.text:
        return Rejected("empty")
    if slot_type.kind == "date":
        return parse_date(slot_type, clean, today)
    if slot_type.kind == "place":
        return _parse_place(slot_type, clean, catalogue)
    return _READERS[slot_type.kind](slot_type, clean)


def _parse_place(slot_type: SlotType, text: Normalised, catalogue: Catalogue) -> Parsed | Rejected:
    gazetteer = catalogue.gazetteers[slot_type.gazetteer or ""]
    place = next((p for p in gazetteer.places if p.value == text.text), None)
    place = place or named_place(gazetteer, text.text)
    return Parsed(place.value, place.title) if place else Rejected("unknown_place")
