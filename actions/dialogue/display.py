"""How slot values are shown to a citizen: dates, money, places, choices, masked numbers."""

from __future__ import annotations

from collections.abc import Mapping

from nlu.catalogue import Catalogue, Service, Slot, SlotType
from nlu.slots.kind import Phrase, kind_of
from nlu.text.masking import last_four


def shown(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> str:
    """One value in the citizen's language; sensitive numbers keep their last four digits."""
    if slot_type.sensitive:
        return last_four(value)
    words = kind_of(slot_type).show(slot_type, value, language, catalogue)
    if isinstance(words, Phrase):
        return filled(catalogue.phrases[words.name], language, words.fields)
    return words


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
    """The question before anything is changed: the service's own, in which `{summary}` are its
    slots, or a summary of these."""
    fields = {**lookup, **shown_values(service, values, language, catalogue)}
    lines = [
        filled(
            catalogue.phrases["summary_line"],
            language,
            {"slot": label(slot, language), "value": _by_itself(slot, fields[slot.name])},
        )
        for slot in service.slots
        if slot.name in values and not slot.volunteered
    ]
    summary = "\n".join([f"*{service.title[language]}*", *lines])
    words = service.confirm_text or catalogue.phrases["confirm_prompt"]
    return filled(words, language, {**fields, "summary": summary})


def _by_itself(slot: Slot, value: str) -> str:
    """A shown value where no sentence stands around it: money gets its sign."""
    return kind_of(slot.type).alone.format(value)


def filled(words: Mapping[str, str], language: str, fields: Mapping[str, str] | None = None) -> str:
    """The words of one language with `{field}` placeholders filled; unknown fields stay empty."""
    return words[language].format_map(_Fields(fields or {}))


class _Fields(dict):
    def __missing__(self, key: str) -> str:
        return ""
