"""The area "catalogue": which page is where, and who may open it."""

from __future__ import annotations

from pathlib import Path

from api.console.area import Area
from api.console.catalogue import changes, edit, pages, talk
from api.console.catalogue.shelf import room_of
from api.console.runtime import Console
from api.console.visit import at

_READ, _EDIT, _TAKE_OVER = "catalogue", "catalogue.edit", "catalogue.take_over"
_SERVICE = "/catalogue/services/{name}"
_SENTENCES = f"{_SERVICE}/sentences/{{part}}/{{key}}"
_WORDS = f"{_SERVICE}/words/{{what}}"
_TALK = "/catalogue/talk/{place}"
_TALK_SENTENCES = f"{_TALK}/sentences/{{part}}/{{key}}"
_CHANGE = "/catalogue/changes/{id}"


def _prepare(console: Console) -> None:
    """The catalogue is read in a thread of its own. What Git knows of a proposal is remembered."""
    room = room_of(console)
    room.shelf()
    room.workshop.proposals.all()


AREA = Area(
    Path(__file__).parent,
    (
        at("/catalogue", pages.services, may=_READ),
        at("/catalogue/doubtful", pages.find_doubtful, may=_EDIT, method="POST"),
        at("/catalogue/changes", changes.proposals, may=_READ),
        at(_CHANGE, changes.proposal, may=_READ),
        at(f"{_CHANGE}/patch", changes.patch, may=_READ),
        at(f"{_CHANGE}/check", changes.check, may=_READ, method="POST"),
        at(f"{_CHANGE}/take", changes.take_over, may=_TAKE_OVER, method="POST"),
        at(f"{_CHANGE}/discard", changes.discard, may=_EDIT, method="POST"),
        at("/catalogue/talk", talk.intents, may=_READ),
        at(_TALK, talk.intent, may=_READ),
        at(_TALK_SENTENCES, talk.sentences, may=_EDIT),
        at(_TALK_SENTENCES, talk.try_sentences, may=_EDIT, method="POST"),
        at(_SERVICE, pages.service, may=_READ),
        at(f"{_SERVICE}/whatsapp/{{what}}", pages.whatsapp, may=_READ),
        at(f"{_SERVICE}/whatsapp/{{what}}", pages.whatsapp, may=_READ, method="POST"),
        at(_SENTENCES, edit.sentences, may=_EDIT),
        at(_SENTENCES, edit.try_sentences, may=_EDIT, method="POST"),
        at(_WORDS, edit.words, may=_EDIT),
        at(_WORDS, edit.try_words, may=_EDIT, method="POST"),
    ),
    link="/catalogue",
    may=_READ,
    prepare=_prepare,
)
