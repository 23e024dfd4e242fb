"""Answers for an officer to choose from, in the citizen's language with the officer's beside it.

Canned answers are those of `desk.yml`. Suggestions are what the catalogue says of the request's
service: its facts, those first that the citizen asked about, and who knows the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from actions.citizens.handover import Case
from actions.citizens.handover_talk import CITIZEN, Entry
from actions.desk.words import DeskWords, fields_of
from actions.dialogue.display import filled
from nlu.catalogue import Catalogue

_ASKED_LATELY = 3
"""Messages of the citizen, the latest, whose questions count."""


def canned(
    case: Case, catalogue: Catalogue, words: DeskWords, theirs: str, own: str
) -> list[dict[str, Any]]:
    """Canned answers: `text` in the citizen's language `theirs`, `title` and `beside` in the
    officer's."""
    said, beside = fields_of(catalogue, case, theirs), fields_of(catalogue, case, own)
    return [
        {
            "name": name,
            "title": one.title[own],
            "text": filled(one.text, theirs, said),
            "beside": filled(one.text, own, beside),
        }
        for name, one in words.answers.items()
    ]


def suggested(
    case: Case, catalogue: Catalogue, talk: Sequence[Entry], theirs: str, own: str
) -> list[dict[str, Any]]:
    """Facts of the service; `asked` are those that the citizen's last messages ask about, which
    come first. A fact is named by its kind (`fee`, `papers`, ...)."""
    service = catalogue.services.get(case.record.service)
    if service is None:
        return []
    said = service.facts.said if service.facts else {}
    asked = list(dict.fromkeys(_asked(talk)))
    found = [
        {
            "fact": fact,
            "text": said[fact][theirs],
            "beside": said[fact][own],
            "asked": fact in asked,
        }
        for fact in dict.fromkeys((*asked, *said))
        if fact in said
    ]
    if set(asked) - set(said):
        unknown = catalogue.phrases["fact_unknown"]
        fields = [fields_of(catalogue, case, language) for language in (theirs, own)]
        texts = [filled(unknown, tag, some) for tag, some in zip((theirs, own), fields)]
        found.insert(0, {"fact": "", "text": texts[0], "beside": texts[1], "asked": True})
    return found


def _asked(talk: Sequence[Entry]) -> Iterator[str]:
    """Facts that the citizen asked about lately, the latest message first."""
    theirs = [one for one in reversed(talk) if one.kind == CITIZEN][:_ASKED_LATELY]
    for one in theirs:
        yield from map(str, one.said.get("about") or ())
