"""Pages of what is said to Seva itself: greetings, yes and no, what is out of scope, small talk.

These intents have no words of a service, only sentences, and some a reply. They lie in the files of
`conversation/`, one or more for an intent, and of `talk/`, several intents in one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from api.console.catalogue import form
from api.console.catalogue.edit import filled_in, tried_out
from api.console.catalogue.pages import (
    OpenedFile,
    address_of,
    opened_by,
    sentence,
    titles,
)
from api.console.catalogue.shelf import Room, Shelf, room_of
from api.console.visit import Refused, Visit
from nlu.catalogue.model import LISTS, MIXED_KEY, Catalogue, ConversationIntent
from nlu.changes.edits import TALK
from nlu.changes.workshop import readable
from nlu.quality.overview import Score

_PAGES = "/catalogue/talk"


@dataclass(frozen=True)
class Place:
    """Where sentences of an intent lie: a file, and the keys above them in it. `id` names the place
    in addresses."""

    id: str
    intent: ConversationIntent
    file: str
    above: tuple[str, ...] = ()

    @property
    def parts(self) -> Sequence[str]:
        """The lists that may be there."""
        return LISTS[:1] if self.above else LISTS


@dataclass(frozen=True)
class OpenedTalk(OpenedFile):
    """One such place, to be looked at or edited."""

    place: Place
    service: None = None
    slots: Sequence[str] = ()

    @property
    def url(self) -> str:
        """Of its page."""
        return f"{_PAGES}/{self.place.id}"

    def heading(self, language: str) -> str:
        """What it is called: such an intent has no title in any language."""
        return self.place.id

    def texts(self, part: str, key: str) -> list[str]:
        """Its sentences as they stand in the file."""
        return list(self.document.value(*self.place.above, part, key) or ())


@dataclass(frozen=True)
class Row:
    """A place in the list of all: trained sentences by key, how well its intent is understood."""

    place: Place
    counts: Mapping[str, int]
    score: Score | None
    reply: str


async def intents(visit: Visit) -> Response:
    """All of them, file by file."""
    room = await asyncio.to_thread(room_of, visit.console)
    shelf = await asyncio.to_thread(room.read)
    catalogue = shelf.base.catalogue
    rows = await asyncio.to_thread(_rows, shelf, visit.language)
    keys = [*catalogue.languages.keys]
    return visit.page(
        "catalogue/talk.html",
        rows=rows,
        keys=keys,
        model=shelf.known.model,
        proposal=visit.request.query_params.get("proposal", ""),
    )


async def intent(visit: Visit) -> Response:
    """The sentences of one place, with what the search for doubtful ones found."""
    opened = await _open(visit)
    place, asked = opened.place, visit.request.query_params
    keys = _keys(opened)
    key, part = asked.get("key", keys[0]), asked.get("part", LISTS[0])
    if key not in keys or part not in place.parts:
        raise Refused(404)
    found = await asyncio.to_thread(opened.room.search.found)
    proposals = await asyncio.to_thread(opened.room.workshop.proposals.all)
    judged = found if part == LISTS[0] else None
    said = [sentence(text, (place.intent.name, key), judged) for text in opened.texts(part, key)]
    return visit.page(
        "catalogue/intent.html",
        opened=opened,
        score=opened.shelf.known.scores.get(place.intent.name),
        confusions=opened.shelf.known.of(place.intent.name),
        reply=place.intent.reply,
        key=key,
        part=part,
        keys=keys,
        parts=place.parts,
        counts={one: {k: len(opened.texts(one, k)) for k in keys} for one in place.parts},
        sentences=said,
        doubted=sorted((s for s in said if s.doubted), key=lambda s: s.doubted.rank),
        titles=titles(opened.catalogue, visit.language),
        at=address_of(opened.catalogue),
        proposals=[one for one in proposals if one.state == "open"],
    )


async def sentences(visit: Visit) -> Response:
    """The sentences of a key, to be written in."""
    opened, part, key = await _editable(visit)
    fields = form.sentence_fields(opened.document, part, key, opened.place.above)
    return filled_in(visit, opened, fields, part=part, key=key)


async def try_sentences(visit: Visit) -> Response:
    """Shows what the form would change, or keeps it."""
    opened, part, key = await _editable(visit)
    filled = form.sentences(await visit.form(), part, key, opened.place.above)
    return await tried_out(visit, opened, filled, part=part, key=key)


def places(catalogue: Catalogue) -> dict[str, Place]:
    """Every place by its id: `greet`, `out_of_scope.abuse`, `small_talk.emoji`."""
    found = []
    for intent in catalogue.conversation.values():
        file = intent.file.relative_to(catalogue.root).as_posix()
        if intent.path:  # one of several in a file of talk/
            found.append(
                Place(".".join((intent.file.stem, intent.path[-1])), intent, file, _above(intent))
            )
        elif file.endswith(".yml"):
            found.append(Place(intent.name, intent, file))
        else:
            for part in sorted(intent.file.glob("*.yml")):
                found.append(Place(f"{intent.name}.{part.stem}", intent, f"{file}/{part.name}"))
    return {place.id: place for place in found}


def page_of(file: str) -> str:
    """The page from which a file that people edit here is edited."""
    folder, *inside = Path(file).with_suffix("").parts
    if folder == "services":
        return f"/catalogue/services/{inside[-1]}"
    return _PAGES if folder == TALK else f"{_PAGES}/{'.'.join(inside)}"


def _above(intent: ConversationIntent) -> tuple[str, ...]:
    return tuple(map(str, intent.path))


def _rows(shelf: Shelf, language: str) -> list[Row]:
    catalogue = shelf.base.catalogue
    lying = {name: _counted(intent) for name, intent in catalogue.conversation.items()}
    rows = []
    for place in places(catalogue).values():
        here = lying[place.intent.name]
        file = catalogue.root / place.file
        counts = {key: here[key, None] + here[key, file] for key in place.intent.utterances}
        reply = (place.intent.reply or {}).get(language, "")
        rows.append(Row(place, counts, shelf.known.scores.get(place.intent.name), reply))
    return rows


def _counted(intent: ConversationIntent) -> Counter[tuple[str, Path | None]]:
    """How many sentences of each key lie in which file; None for the intent's own."""
    said = intent.utterances.items()
    return Counter((key, one.file) for key, some in said for one in some)


async def _open(visit: Visit) -> OpenedTalk:
    """The place that the path names."""
    return await opened_by(visit, _opened)


def _opened(room: Room, shelf: Shelf, visit: Visit, proposal: str) -> OpenedTalk:
    kept = room.workshop.proposals.get(proposal) if proposal else None
    catalogue = room.workshop.base(proposal).catalogue if proposal else shelf.base.catalogue
    place = places(catalogue)[visit.request.path_params["place"]]
    content, version = room.workshop.content(place.file, proposal or None)
    document = readable(content)
    return OpenedTalk(room, shelf, catalogue, place.file, document, version, kept, place)


async def _editable(visit: Visit) -> tuple[OpenedTalk, str, str]:
    opened = await _open(visit)
    part, key = visit.request.path_params["part"], visit.request.path_params["key"]
    keys = (*opened.catalogue.languages.keys, MIXED_KEY)
    if part not in opened.place.parts or key not in keys:
        raise Refused(404)
    opened.may_change()
    return opened, part, key


def _keys(opened: OpenedTalk) -> list[str]:
    """The usual keys, and the mixed one where there are sentences of it."""
    usual = [*opened.catalogue.languages.keys]
    mixed = opened.texts(LISTS[0], MIXED_KEY)
    return [*usual, MIXED_KEY] if mixed else usual
