"""Pages of the change proposals: what waits to be taken over, its diffs, its patch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.responses import Response

from api.console.catalogue.faults import kind_in
from api.console.catalogue.shelf import Room, address, room_of
from api.console.catalogue.talk import page_of
from api.console.visit import Refused, Visit
from nlu.catalogue.errors import Problem
from nlu.changes.diff import Row, rows
from nlu.changes.proposal import Author, NoSuchProposal, NotTaken, Proposal
from nlu.log import get_logger

log = get_logger(__name__)
_PAGE = 50


@dataclass(frozen=True)
class Checked:
    """How far the whole check is: "none", "running", "done" or "failed"."""

    state: str
    problems: tuple[Problem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it ended, and found nothing."""
        return self.state == "done" and not self.problems


async def proposals(visit: Visit) -> Response:
    """All of them, the newest first."""
    room = await asyncio.to_thread(room_of, visit.console)
    found = await asyncio.to_thread(room.workshop.proposals.all)
    return visit.page("catalogue/changes.html", proposals=found[:_PAGE])


async def proposal(visit: Visit) -> Response:
    """One, with its diffs."""
    room = await asyncio.to_thread(room_of, visit.console)
    return await _page(visit, room, visit.request.path_params["id"])


async def _page(visit: Visit, room: Room, name: str, wrong: NotTaken | None = None) -> Response:
    try:
        one, diffs = await asyncio.to_thread(_one, room, name)
    except NoSuchProposal:
        raise Refused(404) from None
    checked = _checked(room, one)
    return visit.page(
        "catalogue/change.html",
        409 if wrong else 200,
        one=one,
        diffs=diffs,
        checked=checked,
        at=f"/catalogue/changes/{one.id}",
        is_author=visit.account.name in one.authors,
        wrong=wrong,
        page_of=page_of,
        kind=kind_in(visit.language),
    )


async def patch(visit: Visit) -> Response:
    """Its patch, to download."""
    room = await asyncio.to_thread(room_of, visit.console)
    name = visit.request.path_params["id"]
    try:
        content = await asyncio.to_thread(room.workshop.proposals.patch, name)
    except NoSuchProposal:
        raise Refused(404) from None
    headers = {"Content-Disposition": f'attachment; filename="{name}.patch"'}
    return Response(content, headers=headers, media_type="text/x-patch; charset=utf-8")


async def check(visit: Visit) -> Response:
    """Begins the whole check, which takes some seconds."""
    room = await asyncio.to_thread(room_of, visit.console)
    name = visit.request.path_params["id"]
    try:
        await asyncio.to_thread(room.check, name)
    except NoSuchProposal:
        raise Refused(404) from None
    return visit.go(f"/catalogue/changes/{name}")


async def take_over(visit: Visit) -> Response:
    """Makes it part of the catalogue, after the whole check, by who did not write it."""
    room = await asyncio.to_thread(room_of, visit.console)
    name = visit.request.path_params["id"]
    account = visit.account
    author = Author(account.name, address(visit.console.settings, account.id))

    def change() -> None:
        one = room.workshop.proposals.get(name)
        if account.name in one.authors:
            raise Refused(403)
        if not _checked(room, one).passed:
            raise NotTaken("the whole check did not pass yet")
        room.workshop.proposals.take_over(name, author)

    try:
        await asyncio.to_thread(change)
    except NoSuchProposal:
        raise Refused(404) from None
    except NotTaken as error:
        log.warning("proposal_not_taken", proposal=name, error=str(error))
        return await _page(visit, room, name, error)
    await visit.audit("catalogue.take_over", {"proposal": name})
    return visit.go(f"/catalogue/changes/{name}", say="catalogue.taken_over")


async def discard(visit: Visit) -> Response:
    """Closes it."""
    room = await asyncio.to_thread(room_of, visit.console)
    name = visit.request.path_params["id"]
    try:
        await asyncio.to_thread(room.workshop.proposals.discard, name)
    except NoSuchProposal:
        raise Refused(404) from None
    await visit.audit("catalogue.discard", {"proposal": name})
    return visit.go("/catalogue/changes", say="catalogue.discarded")


def _one(room: Room, name: str) -> tuple[Proposal, list[tuple[str, list[Row]]]]:
    store = room.workshop.proposals
    found = store.get(name)
    return found, [(one.name, rows(one.before, one.after)) for one in store.files(name)]


def _checked(room: Room, one: Proposal) -> Checked:
    found = room.checked(one.id, len(one.changes))
    if found is None:
        return Checked("none")
    if not found.done():
        return Checked("running")
    if found.exception() is not None:
        return Checked("failed")
    return Checked("done", found.result())
