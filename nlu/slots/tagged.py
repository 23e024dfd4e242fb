"""A value whose place the learned tagger found: trimmed, then read like an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.answer import parse
from nlu.slots.result import Parsed
from nlu.text.endings import stems

_FREE = ("name", "text")  # kinds with no list or format that would tell an ending from the word


@dataclass(frozen=True)
class Tagged:
    """The stored value and the words that it stands in, a leading part of the words given."""

    value: str
    raw: str


def read_value(
    slot_type: SlotType, raw: str, *, today: date, catalogue: Catalogue
) -> Tagged | None:
    """Reads tagged words; None if they do not fit the slot's type.

    The tagger marks whole words, so a case ending of the last one is cut: రామయ్యకి is రామయ్య.
    """
    head, last = raw[: raw.rfind(" ") + 1], raw[raw.rfind(" ") + 1 :]
    shortest = min((stem.kept for stem in stems(last)), default=len(last))
    trimmed = head + last[:shortest]
    choices = (trimmed,) if slot_type.kind in _FREE else (trimmed, raw)
    for words in choices:
        read = parse(slot_type, words, today=today, catalogue=catalogue)
        if isinstance(read, Parsed):
            return Tagged(read.value, words)
    return None
