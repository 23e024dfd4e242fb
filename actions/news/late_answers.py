"""Answers of departments that come when the turn is long over, as news for the citizen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from actions.departments import OperationResult
from actions.departments.journal import Entry, Write
from actions.dialogue import outcome
from actions.dialogue.outcome import ENDED_BY, UNAVAILABLE, no_answer, words
from actions.news.notices import LanguageOf, Notify, UnknownCitizen
from nlu.catalogue import Catalogue, Service
from nlu.log import get_logger
from nlu.turn import Button, Notice

_LOG = get_logger(__name__)
_OVERDUE = "overdue"
AskIn = Callable[[Write, str], Awaitable["OperationResult | None"]]
"""What the department says of a write now, in a language."""
AtDesk = Callable[[Entry, OperationResult, str, str], Awaitable[str]]
"""What follows at the officers' desk from an answer, as the citizen reads it in a language: what
they are told of that; empty for nothing."""


@dataclass(frozen=True)
class LateAnswers:
    """`OnSettled` of `actions.departments.settlement`."""

    catalogue: Catalogue
    notify: Notify
    language_of: LanguageOf
    ask_in: AskIn | None = None
    at_desk: AtDesk | None = None

    async def __call__(self, entry: Entry, result: OperationResult) -> None:
        """Tells the citizen. Raises NoticeRefused: then it is tried again later."""
        write = entry.write
        service = service_of(self.catalogue, write)
        if service is None:
            _LOG.error("service_is_gone", department=write.department, operation=write.operation)
            return
        try:
            language = await self.language_of(write.context.citizen) or write.context.language
            if language != write.context.language:
                result = await self._in(language, write, result)
            news = notice(self.catalogue, service, write, result, language)
            if entry.news:
                news = replace(news, id=_between(news.id, result))
            more = await self.at_desk(entry, result, news.text, language) if self.at_desk else ""
            await self.notify(replace(news, text=f"{news.text}\n{more}") if more else news)
        except UnknownCitizen:  # came another way than by WhatsApp, as in `rasa shell`
            _LOG.error("nobody_to_tell", department=write.department, operation=write.operation)

    async def _in(self, language: str, write: Write, result: OperationResult) -> OperationResult:
        """The same with names and dates in the language of today, where it is to be had."""
        said = await self.ask_in(write, language) if self.ask_in else None
        if said is None or said.outcome != result.outcome:
            return result
        # What the department does not say, as until when a link can be paid, stays.
        return replace(said, document=result.document, fields={**result.fields, **said.fields})


def notice(
    catalogue: Catalogue, service: Service, write: Write, result: OperationResult, language: str
) -> Notice:
    """The news; its id is that of the write, so that they are told once."""
    if result.outcome == UNAVAILABLE:
        reason = result.reason if result.reason in ENDED_BY else _OVERDUE
        text = no_answer(catalogue, service, ENDED_BY[reason or _OVERDUE], language)
        buttons: tuple[Button, ...] = ()
        link = None
    else:
        lookup = write.context.origin.lookup
        text = words(catalogue, service, write.values, lookup, result, language)
        known = {**write.values, **result.fields}
        link = outcome.link(catalogue, service, result, language)
        buttons = outcome.buttons(catalogue, service, result.outcome, known, language)
    return Notice(
        id=f"late-{write.id}",
        citizen=write.context.citizen,
        language=language,
        about=service.title[language],
        text=text,
        buttons=buttons,
        document=result.document,
        link=link,
    )


def _between(notice_id: str, result: OperationResult) -> str:
    """The id of news in between, of which a write may have several."""
    said = json.dumps([result.outcome, result.fields], sort_keys=True)
    return f"{notice_id}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def service_of(catalogue: Catalogue, write: Write) -> Service | None:
    """The service that asked for the write; of writes that were kept without it, the first one
    that has the operation."""
    known = catalogue.services.get(write.context.origin.service)
    if known is not None:
        return known
    wanted = (write.department, write.operation)
    found = (s for s in catalogue.services.values() if (s.department, s.operation) == wanted)
    return next(found, None)
