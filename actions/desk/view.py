"""A request as an officer sees it, as JSON: what was told with its numbers masked, and the talk.

No number of a phone, of Aadhaar or of an account is whole in it. Titles are in the officer's
language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.citizens.handover import Case
from actions.citizens.handover_talk import Entry
from actions.desk.words import department_title, desk_words
from actions.dialogue.display import label, shown
from nlu.catalogue import Catalogue, Service, Slot
from nlu.text.masking import last_four, mask

_LONGEST_NUMBER = 15  # digits of a telephone number with its country (ITU-T E.164)


def row(case: Case, catalogue: Catalogue, language: str) -> dict[str, Any]:
    """A line of a list."""
    record = case.record
    return {
        "number": case.number,
        "kind": case.kind,
        "reference": record.reference,
        "state": case.state,
        "talking": case.talking,
        "department": case.department,
        "department_title": department_title(catalogue, case.department, language),
        "service": record.service,
        "title": _title(case, catalogue, language),
        "language": record.language,
        "why": record.why,
        "opened": case.opened,
        "officer": case.officer,
        "claimed": case.claimed,
        "wrote": case.wrote,
        "answered": case.answered,
        "unanswered": bool(case.wrote and case.wrote > (case.answered or case.claimed or 0.0)),
        "ended": case.ended,
        "reason": case.reason,
        "reason_title": _reason(case.reason, language),
        "rating": case.rating,
        "entries": case.entries,
    }


def whole(case: Case, catalogue: Catalogue, language: str) -> dict[str, Any]:
    """A request with all that was told. `citizen` is the lane, by which the inbox knows when they
    wrote last; it is not to be shown."""
    record = case.record
    return {
        **row(case, catalogue, language),
        "citizen": case.citizen,
        "phone": _phone(case.citizen),
        "last": mask(record.last, phones=True),
        "said": mask(record.said, phones=True),
        "asked": _asked(case, catalogue, language),
        "attempts": record.attempts,
        "values": _values(case, catalogue, language),
    }


def entry(one: Entry, catalogue: Catalogue, language: str) -> dict[str, Any]:
    """An entry of the talk. `about` are the facts of the service that the citizen asks for."""
    fields = dict(one.said.get("fields") or {})
    for name in ("department", "from"):
        if name in fields:
            fields[name] = department_title(catalogue, fields[name], language)
    if "reason" in fields:
        fields["reason"] = _reason(fields["reason"], language)
    return {
        "place": one.place,
        "at": one.at,
        "kind": one.kind,
        "officer": one.officer,
        "sending": one.sending,
        "text": one.said.get("text", ""),
        "phrase": one.said.get("phrase", ""),
        "fields": fields,
        "spoken": bool(one.said.get("spoken")),
        "sent": one.said.get("sent", ""),
        "about": list(one.said.get("about") or ()),
    }


def _reason(name: str | None, language: str) -> str:
    """Why a request was closed; one that is not in the file any more as it was kept."""
    known = desk_words().reasons.get(name or "")
    return known.title[language] if known else name or ""


def _title(case: Case, catalogue: Catalogue, language: str) -> str:
    service = catalogue.services.get(case.record.service)
    return service.title[language] if service else ""


def _asked(case: Case, catalogue: Catalogue, language: str) -> str:
    """The question that was open, by the name of its detail; empty for any other one."""
    slot = _slots(catalogue.services.get(case.record.service)).get(case.record.asked)
    return label(slot, language) if slot else ""


def _values(case: Case, catalogue: Catalogue, language: str) -> list[dict[str, str]]:
    """What was told, by the names of the details. A grievance may have been spoken of by another
    service than the one that registered it."""
    record = case.record
    slots = {
        **_slots(catalogue.services.get(record.through)),
        **_slots(catalogue.services.get(record.service)),
    }
    found = []
    for name, value in case.record.values.items():
        slot = slots.get(name)
        words = _shown(slot, value, language, catalogue) if slot else value
        found.append(
            {"name": label(slot, language) if slot else name, "value": mask(words, phones=True)}
        )
    return found


def _shown(slot: Slot, value: str, language: str, catalogue: Catalogue) -> str:
    try:
        return shown(slot.type, value, language, catalogue)
    except (KeyError, ValueError):  # of a catalogue in which it could be said
        return last_four(value) if slot.type.sensitive else value


def _slots(service: Service | None) -> Mapping[str, Slot]:
    return {slot.name: slot for slot in service.slots} if service else {}


def _phone(lane: str) -> str:
    """The end of the citizen's number; empty where WhatsApp names them by an id of its own."""
    name = lane.rpartition(":")[2]
    return last_four(name) if name.isdecimal() and len(name) <= _LONGEST_NUMBER else ""
