"""Pages that show the catalogue: all services, one service, its words as WhatsApp shows them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.responses import Response

from api.console.catalogue.form import new_facts, paths
from api.console.catalogue.preview import preview
from api.console.catalogue.shelf import Room, Shelf, room_of
from api.console.visit import Refused, Visit
from nlu.catalogue.marks import MarkError, parse_marks
from nlu.catalogue.model import LISTS, Catalogue, Service
from nlu.changes.document import Document
from nlu.changes.proposal import NoSuchFile, NoSuchProposal, Proposal
from nlu.changes.workshop import readable
from nlu.quality.doubtful import Doubted, Doubtful, Twin

_PAGE = 50
File = TypeVar("File", bound="OpenedFile")


@dataclass(frozen=True)
class OpenedFile:
    """A file of the catalogue as a proposal leaves it, or as it is."""

    room: Room
    shelf: Shelf
    catalogue: Catalogue
    file: str
    document: Document
    version: str
    proposal: Proposal | None

    @property
    def query(self) -> str:
        """What links of the page carry."""
        return f"?proposal={self.proposal.id}" if self.proposal else ""

    def may_change(self) -> None:
        """Raises Refused for a proposal that takes nothing more."""
        if self.proposal and self.proposal.state != "open":
            raise Refused(404)


@dataclass(frozen=True)
class Opened(OpenedFile):
    """A service."""

    service: Service

    @property
    def url(self) -> str:
        """Of its page."""
        return f"/catalogue/services/{self.service.name}"

    @property
    def slots(self) -> Sequence[str]:
        """What its sentences may be marked with."""
        return [slot.name for slot in self.service.slots]

    def heading(self, language: str) -> str:
        """What it is called."""
        return self.service.title[language]


@dataclass(frozen=True)
class Sentence:
    """A trained sentence, and what speaks against it."""

    text: str
    doubted: Doubted | None
    twins: Sequence[Twin]


async def services(visit: Visit) -> Response:
    """All services, the weakest first, or those that somebody looks for."""
    room = await asyncio.to_thread(room_of, visit.console)
    shelf = await asyncio.to_thread(room.read)
    asked = visit.request.query_params
    text, department = asked.get("q", "")[:200], asked.get("department", "")
    found = shelf.found(text, department)
    page = page_number(asked.get("page", "1"))
    rows = found[(page - 1) * _PAGE : page * _PAGE]
    doubtful = await asyncio.to_thread(room.search.found)
    return visit.page(
        "catalogue/services.html",
        rows=rows,
        count=len(found),
        number=page,
        last=max(1, -(-len(found) // _PAGE)),
        q=text,
        department=department,
        departments=shelf.base.catalogue.departments,
        keys=[*shelf.base.catalogue.languages.keys],
        model=shelf.known.model,
        search=room.search,
        is_old=doubtful is not None and doubtful.hash != shelf.base.catalogue.hash,
        has_found=doubtful is not None,
    )


async def service(visit: Visit) -> Response:
    """One service: its words, its sentences, what is wrong with them."""
    opened = await open_service(visit)
    asked = visit.request.query_params
    keys = [*opened.catalogue.languages.keys, *_mixed(opened)]
    key = asked.get("key", keys[0])
    part = asked.get("part", LISTS[0])
    if key not in keys or part not in LISTS:
        raise Refused(404)
    found = await asyncio.to_thread(opened.room.search.found)
    proposals = await asyncio.to_thread(opened.room.workshop.proposals.all)
    sentences = [
        sentence(text, (opened.service.name, key), found if part == LISTS[0] else None)
        for text in opened.document.value(part, key) or ()
    ]
    return visit.page(
        "catalogue/service.html",
        opened=opened,
        overview=opened.shelf.overview(opened.service.name),
        key=key,
        part=part,
        keys=keys,
        parts=LISTS,
        counts={
            one: {k: len(getattr(opened.service, one).get(k, ())) for k in keys} for one in LISTS
        },
        sentences=sentences,
        doubted=sorted((s for s in sentences if s.doubted), key=lambda s: s.doubted.rank)
        if found
        else None,
        words=paths(opened.service, opened.document),
        new=new_facts(opened.document),
        titles=titles(opened.catalogue, visit.language),
        at=address_of(opened.catalogue),
        proposals=[one for one in proposals if one.state == "open"],
    )


async def whatsapp(visit: Visit) -> Response:
    """Words as WhatsApp shows them: those that are kept, or those that are being written."""
    opened = await open_service(visit)
    given = await visit.form()
    what = visit.request.path_params["what"]
    path = tuple(what.split("."))
    check_path(opened, what)
    kept = opened.document.value(*path)
    words = dict(kept) if isinstance(kept, dict) else {}
    for language in opened.catalogue.languages.reply:
        if f"text.{language}" in given:
            words[language] = given[f"text.{language}"].replace("\r\n", "\n")[:20_000]
    bubbles = preview(opened.shelf, opened.catalogue, opened.service, what, words)
    return visit.page("catalogue/preview.html", opened=opened, what=what, bubbles=bubbles)


async def find_doubtful(visit: Visit) -> Response:
    """Begins the search for doubtful and doubled sentences, which takes minutes."""
    room = await asyncio.to_thread(room_of, visit.console)
    catalogue = (await asyncio.to_thread(room.read)).base.catalogue
    room.search.begin(catalogue.root, catalogue.hash)
    await visit.audit("catalogue.search", {})
    return visit.go("/catalogue", say="catalogue.search_begun")


async def open_service(visit: Visit) -> Opened:
    """The service that the path names."""
    return await opened_by(visit, _opened)


async def opened_by(visit: Visit, read: Callable[[Room, Shelf, Visit, str], File]) -> File:
    """What `read` finds for the path, as the proposal of the page leaves it, or as it is. It blocks
    and raises NoSuchFile, NoSuchProposal or KeyError where there is nothing."""
    room = await asyncio.to_thread(room_of, visit.console)
    shelf = await asyncio.to_thread(room.read)
    sent = dict(visit.sent)
    proposal = sent.get("proposal", visit.request.query_params.get("proposal", ""))
    try:
        return await asyncio.to_thread(read, room, shelf, visit, proposal)
    except (NoSuchFile, NoSuchProposal, KeyError):
        raise Refused(404) from None


def check_path(opened: Opened, what: str) -> None:
    """Raises Refused for what is no text of the service that can be edited."""
    known = [*paths(opened.service, opened.document), *new_facts(opened.document)]
    if what not in known:
        raise Refused(404)


def titles(catalogue: Catalogue, language: str) -> dict[str, str]:
    """Intent -> what it is called."""
    named = {name: one.menu.get(language, name) for name, one in catalogue.services.items()}
    return {**{name: name for name in catalogue.conversation}, **named}


def address_of(catalogue: Catalogue) -> Callable[[str], str]:
    """Intent -> where its page is."""

    def found(intent: str) -> str:
        if intent in catalogue.services:
            return f"/catalogue/services/{intent}"
        return f"/catalogue/talk#{intent}"

    return found


def _opened(room: Room, shelf: Shelf, visit: Visit, proposal: str) -> Opened:
    name = visit.request.path_params["name"]
    kept = room.workshop.proposals.get(proposal) if proposal else None
    catalogue = room.workshop.base(proposal).catalogue if proposal else shelf.base.catalogue
    service = catalogue.services[name]
    file = service.file.relative_to(catalogue.root).as_posix()
    content, version = room.workshop.content(file, proposal or None)
    document = readable(content)
    return Opened(room, shelf, catalogue, file, document, version, kept, service)


def sentence(text: str, place: tuple[str, str], found: Doubtful | None) -> Sentence:
    """A sentence with what the search found; `place` is its intent and key."""
    try:
        plain = parse_marks(text)[0]
    except MarkError:
        plain = text
    if found is None:
        return Sentence(text, None, ())
    at = (*place, plain)
    return Sentence(text, found.doubted.get(at), found.twins.get(at, ()))


def _mixed(opened: Opened) -> list[str]:
    """Keys beyond the usual ones that the service has sentences of."""
    known = opened.catalogue.languages.keys
    return [key for key in opened.service.utterances if key not in known]


def page_number(text: str) -> int:
    """The page that an address asks for; the first where it says nothing that counts."""
    return (
        int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and text != "0" else 1
    )
