"""Forms that change a service: what somebody writes is tried out, shown as a diff, then kept."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from api.console.catalogue import form
from api.console.catalogue.faults import kind_in
from api.console.catalogue.pages import (
    Opened,
    OpenedFile,
    check_path,
    open_service,
    titles,
)
from api.console.catalogue.preview import preview
from api.console.catalogue.shelf import address
from api.console.visit import Refused, Visit
from nlu.catalogue.model import LISTS, MIXED_KEY
from nlu.changes.edits import EditRefused
from nlu.changes.git import GitFailed
from nlu.changes.proposal import Author, NoSuchProposal, ReasonRefused
from nlu.changes.workshop import Conflict, Faulty, Tried
from nlu.log import get_logger

log = get_logger(__name__)


async def sentences(visit: Visit) -> Response:
    """The sentences of a key, to be written in."""
    opened, part, key = await _sentences(visit)
    fields = form.sentence_fields(opened.document, part, key)
    return filled_in(visit, opened, fields, part=part, key=key)


async def try_sentences(visit: Visit) -> Response:
    """Shows what the form would change, or keeps it."""
    opened, part, key = await _sentences(visit)
    filled = form.sentences(await visit.form(), part, key)
    return await tried_out(visit, opened, filled, part=part, key=key)


async def words(visit: Visit) -> Response:
    """One text in every language, to be written in."""
    opened, path = await _words(visit)
    fields = form.word_fields(opened.document, path, opened.catalogue.languages)
    return filled_in(visit, opened, fields, path=path)


async def try_words(visit: Visit) -> Response:
    """Shows what the form would change, or keeps it."""
    opened, path = await _words(visit)
    new = opened.document.value(*path) is None
    languages = opened.catalogue.languages
    filled = form.words(await visit.form(), path, languages, new=new)
    return await tried_out(visit, opened, filled, path=path)


async def tried_out(
    visit: Visit, opened: OpenedFile, filled: form.Filled, **where: Any
) -> Response:
    """The form with what it would change, or the way to the proposal that it was kept in."""
    given = await visit.form()
    version, reason = given.get("version", ""), given.get("reason", "")
    room, proposal = opened.room, opened.proposal.id if opened.proposal else None
    told: dict[str, Any] = {"reason": reason, "version": version}
    try:
        tried = await asyncio.to_thread(
            room.workshop.attempt, opened.file, version, filled.edits, proposal
        )
        told["tried"] = tried
        _beside(tried, filled)
        if given.get("step") == "keep":
            author = Author(visit.account.name, address(visit.console.settings, visit.account.id))
            kept = await asyncio.to_thread(
                room.workshop.keep, tried, filled.edits, author, reason, proposal
            )
            about = {"proposal": kept.id, "file": opened.file}
            await visit.audit("catalogue.change", about)
            return visit.go(f"/catalogue/changes/{kept.id}", say="catalogue.kept")
    except Conflict as found:
        told |= {"conflict": found, "version": found.version if found.still_fits else version}
    except Faulty:
        pass  # the problems are shown with what was tried
    except ReasonRefused as error:
        told["reason_fault"] = str(error)
    except EditRefused as error:
        if error.number is None:
            told["fault"] = str(error)
        else:
            filled.origin[error.number].faults.append(str(error))
    except NoSuchProposal:
        raise Refused(404) from None
    except GitFailed as error:
        log.error("change_not_kept", error=str(error))
        told["fault"] = str(error)
    return filled_in(visit, opened, filled.fields, **where, **told)


def _beside(tried: Tried, filled: form.Filled) -> None:
    """Puts each problem beside the field that made it."""
    for number, one in enumerate(filled.origin):
        one.faults += [f"{problem.what}; {problem.mend}" for problem in tried.of_edit(number)]


def filled_in(
    visit: Visit,
    opened: OpenedFile,
    fields: list[form.Field],
    *,
    part: str = "",
    key: str = "",
    path: tuple[str, ...] = (),
    tried: Tried | None = None,
    conflict: Conflict | None = None,
    version: str = "",
    reason: str = "",
    reason_fault: str = "",
    fault: str = "",
) -> Response:
    """The page of a form with what is written in it and what is wrong with that."""
    wrong = bool(conflict or fault or reason_fault or any(one.faults for one in fields))
    bubbles = []
    if isinstance(opened, Opened) and path:
        words = {one.name.partition(".")[2]: one.text for one in fields if "." in one.name}
        what = ".".join(path)
        bubbles = preview(opened.shelf, opened.catalogue, opened.service, what, words)
    return visit.page(
        "catalogue/words.html" if path else "catalogue/sentences.html",
        status=409 if conflict else 422 if wrong else 200,
        opened=opened,
        fields=fields,
        part=part,
        key=key,
        what=".".join(path),
        bubbles=bubbles,
        tried=tried if tried and not tried.changes_nothing else None,
        nothing=tried is not None and tried.changes_nothing,
        conflict=conflict,
        version=version or opened.version,
        reason=reason,
        reason_fault=reason_fault,
        fault=fault,
        titles=titles(opened.catalogue, visit.language),
        kind=kind_in(visit.language),
    )


async def _sentences(visit: Visit) -> tuple[Opened, str, str]:
    opened = await open_service(visit)
    part, key = visit.request.path_params["part"], visit.request.path_params["key"]
    if part not in LISTS or key not in (*opened.catalogue.languages.keys, MIXED_KEY):
        raise Refused(404)
    opened.may_change()
    return opened, part, key


async def _words(visit: Visit) -> tuple[Opened, tuple[str, ...]]:
    opened = await open_service(visit)
    what = visit.request.path_params["what"]
    check_path(opened, what)
    opened.may_change()
    return opened, tuple(what.split("."))
