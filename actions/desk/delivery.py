"""Takes what officers say to the outbox: in order, each once, also after a crash.

An entry waits until the outbox has it. Whoever delivers begins with the first that waits, and the
outbox takes a notice of one id once: so two that deliver at once change neither order nor number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from actions.citizens.handover import Case, Handovers
from actions.citizens.handover_talk import NOBODY, SENT, Entry
from actions.desk.conversation import RATING
from actions.desk.words import DeskWords, department_title, fields_of
from actions.dialogue.display import filled
from actions.news.notices import LanguageOf, NoticeRefused, Notify, UnknownCitizen
from nlu.catalogue import Catalogue
from nlu.log import get_logger
from nlu.storage.sealing import Unreadable
from nlu.turn import Button, Notice, payload

_LOG = get_logger(__name__)
_PREFIX = "desk-"


class Delivery:
    """Belongs to the event loop of `notify`."""

    def __init__(
        self,
        handovers: Handovers,
        catalogue: Catalogue,
        words: DeskWords,
        notify: Notify,
        language_of: LanguageOf,
    ) -> None:
        self._handovers, self._catalogue, self._words = handovers, catalogue, words
        self._notify, self._language_of = notify, language_of

    async def deliver(self, number: str | None = None) -> bool:
        """What waits, of one request or of all; whether nothing waits any more. A request whose
        notices are refused waits for the next time, and no other waits for it."""
        entries = await asyncio.to_thread(self._handovers.talk.unsent, number)
        stuck: set[str] = set()
        for entry in entries:
            if entry.number in stuck:
                continue
            try:
                await self._one(entry)
            except NoticeRefused as error:
                _LOG.warning("desk_not_sent", why=str(error))
                stuck.add(entry.number)
        return not stuck

    async def _one(self, entry: Entry) -> None:
        talk = self._handovers.talk
        try:
            case = await asyncio.to_thread(self._handovers.case, entry.number)
        except (KeyError, Unreadable):  # deleted by its citizen meanwhile, or nobody can read it
            await asyncio.to_thread(talk.sent, entry.id, NOBODY)
            return
        try:
            language = await self._language_of(case.citizen) or case.record.language
            await self._notify(self.notice(case, entry, language))
        except UnknownCitizen:
            await asyncio.to_thread(talk.sent, entry.id, NOBODY)
            return
        await asyncio.to_thread(talk.sent, entry.id, SENT)

    def notice(self, case: Case, entry: Entry, language: str) -> Notice:
        """The entry as news for the citizen; its id is that of the entry."""
        fields = fields_of(self._catalogue, case, language)
        about = f"{fields['service']}, {case.number}"
        text, buttons = entry.said.get("text", ""), tuple[Button, ...]()
        phrase = entry.said.get("phrase")
        if phrase is not None:
            text = "\n".join(self._said(case, entry, phrase, language, fields))
            buttons = tuple(self._buttons(case, entry, phrase, language))
        name = f"{_PREFIX}{entry.id}"
        return Notice(name, case.citizen, language, about, text, buttons, talk=True)

    def _said(
        self, case: Case, entry: Entry, phrase: str, language: str, fields: dict[str, str]
    ) -> Iterable[str]:
        told = dict(entry.said.get("fields") or {})
        if "department" in told:
            title = department_title(self._catalogue, told["department"], language)
            told["department"] = title
        if "reason" in told:
            reason = self._words.reasons.get(told["reason"])
            told["reason"] = filled(reason.said, language, fields) if reason else ""
        yield self._words.say(phrase, language, {**fields, **told}).strip()
        if entry.said.get("rate"):
            yield self._words.say("rate", language)

    def _buttons(self, case: Case, entry: Entry, phrase: str, language: str) -> Iterable[Button]:
        if phrase in ("taken_over", "taken_over_grievance"):
            yield Button(self._words.say("menu_button", language), payload("menu"))
        if entry.said.get("rate"):
            nonce = f"{RATING}{case.number}"
            for rating in self._words.ratings:
                meaning = payload("answer", value=str(rating.value), nonce=nonce)
                yield Button(rating.title[language], meaning)
