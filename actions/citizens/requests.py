"""Numbers that departments gave a citizen, as the journal of writes has them: no second record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

import regex

from actions.departments.access import sender_of
from actions.departments.journal import Entry, Journal, Write
from actions.dialogue.state import Given, Memory
from nlu.catalogue import Catalogue

_ENTRIES = 20
"""Writes that are looked through for numbers."""
_INDIA, _NATIONAL = "+91", 10


def memory(
    journal: Journal, catalogue: Catalogue, citizen: str, phone: str, zone: tzinfo, most: int
) -> Memory:
    """What is known of a phone. `phone` is its number as WhatsApp verified it; the journal is read
    where the numbers are needed."""

    def load() -> list[Given]:
        found: dict[str, Given] = {}
        for entry in journal.answered(citizen, _ENTRIES):
            for given in _given(entry, catalogue, zone):
                found.setdefault(given.number, given)
        return list(found.values())[:most]

    return Memory(_mobile(citizen, phone), load)


def registered(journal: Journal, citizen: str, reference: str) -> Write | None:
    """The write of a citizen to which a department gave a number. Blocks."""
    for entry in journal.answered(citizen, _ENTRIES):
        fields = entry.result.fields if entry.result else {}
        told = entry.write.values
        if reference in fields.values() and reference not in told.values():
            return entry.write
    return None


def _given(entry: Entry, catalogue: Catalogue, zone: tzinfo) -> Iterator[Given]:
    """Numbers in the answer to a write that are of a kind that its department gives."""
    write = entry.write
    department = catalogue.departments.get(write.department)
    fields = entry.result.fields.values() if entry.result else ()
    for kind in department.numbers if department else ():
        for value in fields:
            if kind.formats and regex.fullmatch(kind.pattern, value):
                day = datetime.fromtimestamp(entry.sent_by, zone).date().isoformat()
                service = write.context.origin.service
                yield Given(value, write.department, kind.name, service, day, write.values)


def _mobile(citizen: str, phone: str) -> str:
    """The sender's ten digits; empty for a number of another country, or where it is not known."""
    number = sender_of(citizen, phone) or ""
    national = number[len(_INDIA) :]
    return national if number.startswith(_INDIA) and len(national) == _NATIONAL else ""
