"""The citizen's answer to one question, and values that the learned tagger marked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.kind import Parsed, Rejected, Said, kind_of
from nlu.text.endings import stems


def parse(
    slot_type: SlotType, text: str, *, today: date, catalogue: Catalogue
) -> Parsed | Rejected:
    """The value of an answer in any script, or the reason why it does not fit.

    A value that a button sends (the id of a place or a choice, an ISO date) is read like any other.
    """
    said = Said(text, today)
    if not said.text:
        return Rejected("empty")
    return kind_of(slot_type).read(slot_type, said, catalogue)


@dataclass(frozen=True)
class Tagged:
    """The stored value and the words that it stands in, a leading part of the words given."""

    value: str
    raw: str


def read_value(
    slot_type: SlotType, raw: str, *, today: date, catalogue: Catalogue
) -> Tagged | None:
    """Reads words that the tagger marked; None if they do not fit the slot's type.

    The tagger marks whole words, so a case ending of the last one is cut: రామయ్యకి is రామయ్య. Where any
    words fit, nothing tells an ending from the word; elsewhere the whole words are tried too.
    """
    head, last = raw[: raw.rfind(" ") + 1], raw[raw.rfind(" ") + 1 :]
    shortest = min((stem.kept for stem in stems(last)), default=len(last))
    trimmed = head + last[:shortest]
    for words in (trimmed,) if kind_of(slot_type).any_words else (trimmed, raw):
        read = parse(slot_type, words, today=today, catalogue=catalogue)
        if isinstance(read, Parsed):
            return Tagged(read.value, words)
    return None
