"""Sentences that were reviewed and are not in the catalogue: an editor hands them in, as one change
proposal.

What is shown is held against the catalogue that edits begin from, and what is handed in goes
through the same checks as an edit of the catalogue's pages.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process
from starlette.responses import Response

from api.console.catalogue.shelf import Room, address, room_of
from api.console.review.shelf import shelf_of
from api.console.visit import Refused, Visit
from api.review.decision import Part
from api.review.fit import TRAINED, Fit, Obstacle
from api.review.handover import Handover, Place, Waiting
from api.review.likeness import folded
from api.review.rules import load_rules
from nlu.catalogue.model import Utterance
from nlu.catalogue.rules.utterances import Said, bare
from nlu.changes.check import Base
from nlu.changes.edits import AddSentence, Edit, EditRefused
from nlu.changes.git import GitFailed
from nlu.changes.proposal import Author, NoSuchFile, Proposal, ReasonRefused, is_edited_here
from nlu.changes.workshop import Conflict, Faulty, Tried
from nlu.log import get_logger

log = get_logger(__name__)
_AT = "/review/ready"
_ASIDE = "aside"
_ONE_BY_ONE = threading.Lock()
"""Two editors who hand in the same sentences make one proposal of them."""


@dataclass
class Row:
    """A sentence on the page: its text with marks as the editor has it, whether it is ticked, what
    stands in its way, a trained sentence that is almost the same, and what a check found."""

    waiting: Waiting
    text: str
    ticked: bool
    readers: Sequence[str]
    obstacle: Obstacle | None = None
    near: str = ""
    faults: list[str] = field(default_factory=list)


@dataclass
class Group:
    """Sentences of one service and key."""

    service: str
    title: str
    key: str
    is_service: bool
    rows: list[Row] = field(default_factory=list)


async def ready(visit: Visit) -> Response:
    """A page of sentences that wait."""
    return await _page(visit, _behind(visit.request.query_params.get("after", "")))


async def hand_in(visit: Visit) -> Response:
    """Makes a change proposal of the ticked sentences, or leaves the others out for good."""
    sent = await visit.form()
    after = _behind(sent.get("after", ""))
    if sent.get("step") == _ASIDE:
        handover = Handover(shelf_of(visit.console).review)
        places = [_place(name[5:]) for name in sent if name.startswith("text.")]
        out = [one for one in places if f"in.{'.'.join(map(str, one))}" not in sent]
        await asyncio.to_thread(handover.hand_in, out, "")
        await visit.audit("review.leave_out", {"sentences": len(out)})
        return visit.go(_AT, say="review.left_out")
    return await _page(visit, after, sent)


async def _page(visit: Visit, after: int, sent: Mapping[str, str] | None = None) -> Response:
    room = await asyncio.to_thread(room_of, visit.console)
    shelf = await asyncio.to_thread(room.read)
    made = await asyncio.to_thread(_worked, visit, room, shelf.base, after, sent)
    if isinstance(made, tuple):
        proposal, count = made
        about = {"proposal": proposal.id, "sentences": count}
        await visit.audit("review.hand_in", about)
        return visit.go(f"/catalogue/changes/{proposal.id}", say="review.handed_in")
    wrong = sent is not None
    return visit.page("review/ready.html", 422 if wrong else 200, **made)


def _worked(
    visit: Visit, room: Room, base: Base, after: int, sent: Mapping[str, str] | None
) -> dict[str, Any] | tuple[Proposal, int]:
    """What the page shows; or the proposal that was made, with its number of sentences."""
    with _ONE_BY_ONE if sent is not None else nullcontext():
        return _looked(visit, room, base, after, sent)


def _looked(
    visit: Visit, room: Room, base: Base, after: int, sent: Mapping[str, str] | None
) -> dict[str, Any] | tuple[Proposal, int]:
    shelf = shelf_of(visit.console)
    shelf.file()
    handover = Handover(shelf.review)
    _settle(room, handover)
    found, behind = handover.waiting(after)
    names = {one.id: one.name for one in visit.console.accounts.all()}
    rows = _rows(base, found, names, sent)
    told: dict[str, Any] = {"fault": "", "reason_fault": False, "nothing": False, "conflict": False}
    reason = sent.get("reason", "") if sent is not None else ""
    if sent is not None:
        chosen = [row for row in rows if row.ticked]
        told["nothing"] = not chosen
        if chosen and not any(row.obstacle for row in chosen):
            author = Author(visit.account.name, address(visit.console.settings, visit.account.id))
            try:
                proposal = _kept(room, base, chosen, author, reason)
            except ReasonRefused:
                told["reason_fault"] = True
            except Conflict:
                told["conflict"] = True
            except Faulty:
                pass  # the problems stand beside the sentences
            except (EditRefused, NoSuchFile, GitFailed) as error:
                log.error("sentences_not_handed_in", error=str(error))
                told["fault"] = str(error)
            else:
                handover.hand_in([row.waiting.place for row in chosen], proposal.id)
                return proposal, len(chosen)
    return {
        **told,
        "groups": _groups(rows, base, visit.language),
        "count": handover.count(),
        "shown": len(rows),
        "after": after,
        "behind": behind,
        "reason": reason,
    }


def _rows(
    base: Base, found: Sequence[Waiting], names: Mapping[str, str], sent: Mapping[str, str] | None
) -> list[Row]:
    together, apart = _fit(base), _fit(base)
    rows = []
    for one in found:
        text, ticked = one.part.text, True
        if sent is not None:
            text = sent.get(f"text.{one.name}", text).replace("\r\n", "\n").strip()
            ticked = f"in.{one.name}" in sent
        key, service = one.card.language, one.part.service
        # what is not ticked keeps no other sentence out
        obstacle = (together if ticked else apart).obstacle(text, key, service, one.name)
        near = ""
        if obstacle is None:
            near = _near(text, apart.intents[service].utterances[key])
        if sent is None:
            ticked = obstacle is None
        readers = [names.get(reader, reader) for reader in (*one.readers, one.judge) if reader]
        rows.append(Row(one, text, ticked, readers, obstacle, near))
    return rows


def _fit(base: Base) -> Fit:
    def said(letters: str) -> list[Said]:
        some = base.alike.get(letters, ())
        return [one for one in some if bare(one.utterance.text) == letters]

    return Fit(base.catalogue, said)


def _near(text: str, trained: Sequence[Utterance]) -> str:
    """The trained sentence that is almost the same; empty where there is none."""
    sounds = {at: _sound(one.text) for at, one in enumerate(trained)}
    words = _sound(Part(text, "").plain)
    least = load_rules().alike_percent
    found = process.extractOne(words, sounds, scorer=fuzz.ratio, score_cutoff=least)
    return trained[found[2]].text if found else ""


@lru_cache(maxsize=100_000)
def _sound(text: str) -> str:
    return " ".join(folded(text))


def _kept(room: Room, base: Base, chosen: Sequence[Row], author: Author, reason: str) -> Proposal:
    """One proposal with all of them. What is found wrong is put beside its sentence."""
    fit = _fit(base)
    edits: dict[str, list[Edit]] = {}
    origin: dict[str, list[Row]] = {}
    for row in chosen:
        key, service = row.waiting.card.language, row.waiting.part.service
        file = fit.place(row.text, key, service).file.relative_to(base.catalogue.root).as_posix()
        if not is_edited_here(file):
            raise NoSuchFile(f"data/{file} is not changed here: use `seva review apply`")
        edits.setdefault(file, []).append(AddSentence(TRAINED, key, row.text))
        origin.setdefault(file, []).append(row)
    try:
        tried = room.workshop.attempt_all(edits)
    except EditRefused as error:
        if error.number is None:
            raise
        origin[error.file][error.number].faults.append(str(error))
        raise Faulty(_NOTHING) from None
    for one in tried:
        for number, row in enumerate(origin[one.file]):
            row.faults += [f"{found.what}; {found.mend}" for found in one.of_edit(number)]
        if one.elsewhere:
            raise EditRefused("\n".join(map(str, one.elsewhere)))
    return room.workshop.keep_all(tried, edits, author, reason)


_NOTHING = Tried("", "", b"", (), (), ())


def _settle(room: Room, handover: Handover) -> None:
    """Asks what became of proposals: sentences of those that were discarded wait again."""
    asked = handover.proposals()
    if not asked:
        return
    states = {one.id: one.state for one in room.workshop.proposals.all()}
    handover.settle(
        merged=[one for one in asked if states.get(one) == "merged"],
        gone=[one for one in asked if states.get(one, "discarded") == "discarded"],
    )


def _groups(rows: Sequence[Row], base: Base, language: str) -> list[Group]:
    """By service and key, the largest first."""
    found: dict[tuple[str, str], Group] = {}
    for row in rows:
        name, key = row.waiting.part.service, row.waiting.card.language
        service = base.catalogue.services.get(name)
        title = service.title.get(language, name) if service else name
        found.setdefault((name, key), Group(name, title, key, service is not None)).rows.append(row)
    return sorted(found.values(), key=lambda one: (-len(one.rows), one.service, one.key))


def _place(name: str) -> Place:
    try:
        card, decision, part = (int(one) for one in name.split("."))
    except ValueError:
        raise Refused(422) from None
    return card, decision, part


def _behind(given: str) -> int:
    if not given:
        return 0
    if not (given.isascii() and given.isdigit() and len(given) < 18):
        raise Refused(404)
    return int(given)
