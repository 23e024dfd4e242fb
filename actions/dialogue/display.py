"""How slot values are shown to a citizen: dates, money, places, choices, masked numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import regex

from actions.departments.formats import indian_grouping
from nlu.catalogue import Catalogue, Service, Slot, SlotType
from nlu.text.masking import last_four

_SPOT = regex.compile(r"-?\d+\.\d+,-?\d+\.\d+")  # a pin without a name, where words fit as well


def shown(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> str:
    """One value in the citizen's language; sensitive numbers keep their last four digits."""
    if slot_type.sensitive:
        return last_four(value)
    if slot_type.kind == "place" and slot_type.gazetteer:
        for place in catalogue.gazetteers[slot_type.gazetteer].places:
            if place.value == value:
                return place.title[language]
    if slot_type.kind == "choice":
        for choice in slot_type.choices:
            if choice.value == value:
                return choice.title[language]
    if slot_type.kind == "date":
        return "-".join(reversed(value.split("-")))
    if slot_type.kind == "location" or _SPOT.fullmatch(value):
        at = ", ".join(f"{float(degrees):.4f}" for degrees in value.split(","))
        return filled(catalogue.phrases["sent_spot"], language, {"at": at})
    if slot_type.kind == "attachment":
        photo = value.startswith("image/")
        return catalogue.phrases["sent_photo" if photo else "sent_file"][language]
    if slot_type.kind == "amount":  # as departments' amounts: the sentence has the sign
        return indian_grouping(Decimal(value))
    return value


def spelled(slot_type: SlotType, value: str) -> str:
    """A value read back sign by sign; of a sensitive one the last four only."""
    return last_four(value) if slot_type.sensitive else " ".join(value)


def shown_values(
    service: Service, values: Mapping[str, str], language: str, catalogue: Catalogue
) -> dict[str, str]:
    """All filled slots of a service as shown to the citizen."""
    return {
        slot.name: shown(slot.type, values[slot.name], language, catalogue)
        for slot in service.slots
        if slot.name in values
    }


def label(slot: Slot, language: str) -> str:
    """What the slot is called: its own label, or its type's."""
    words = slot.label or slot.type.label
    return words[language]


def confirmation(
    service: Service,
    values: Mapping[str, str],
    lookup: Mapping[str, str],
    language: str,
    catalogue: Catalogue,
) -> str:
    """The question before anything is changed: the service's own, or a summary of its slots."""
    fields = {**lookup, **shown_values(service, values, language, catalogue)}
    if service.confirm_text:
        return filled(service.confirm_text, language, fields)
    lines = [
        filled(
            catalogue.phrases["summary_line"],
            language,
            {"slot": label(slot, language), "value": _by_itself(slot, fields[slot.name])},
        )
        for slot in service.slots
        if slot.name in values
    ]
    summary = "\n".join([f"*{service.title[language]}*", *lines])
    return filled(catalogue.phrases["confirm_prompt"], language, {"summary": summary})


def _by_itself(slot: Slot, value: str) -> str:
    """A shown value where no sentence stands around it: money gets its sign."""
    return f"₹{value}" if slot.type.kind == "amount" else value


def filled(words: Mapping[str, str], language: str, fields: Mapping[str, str] | None = None) -> str:
    """The words of one language with `{field}` placeholders filled; unknown fields stay empty."""
    return words[language].format_map(_Fields(fields or {}))


class _Fields(dict):
    def __missing__(self, key: str) -> str:
        return ""
