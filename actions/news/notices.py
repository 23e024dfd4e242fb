"""Messages to citizens that answer no message of theirs: late answers, receipts, a person's words.

`Notify` is the seam: the worker's outbox takes a notice once for its `id`, however often it is
handed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from actions.departments.result import Document
from actions.dialogue.say import Button


@dataclass(frozen=True)
class Notice:
    """What is told to whom. `citizen` is the tracker's sender, `id` the same for the same news
    (1 to 128 letters, digits, or one of `._:-`).

    `about` is what the news are about, in a few words: it stands above `text`, and fills the
    template that WhatsApp demands when the citizen has been silent for 24 hours.
    """

    id: str
    citizen: str
    language: str
    about: str
    text: str
    buttons: tuple[Button, ...] = ()
    document: Document | None = None


class Notify(Protocol):
    """Takes a notice durably, or raises `NoticeRefused`."""

    async def __call__(self, notice: Notice) -> None:
        """Once for an id; handed over again it changes nothing."""


class LanguageOf(Protocol):
    """The language that a citizen is answered in now."""

    async def __call__(self, citizen: str) -> str | None:
        """None where nobody knows. Raises `NoticeRefused`, or `UnknownCitizen`."""


class NoticeRefused(Exception):
    """The notice was not taken; the same may be handed over again later."""


class UnknownCitizen(NoticeRefused):
    """The citizen never wrote on WhatsApp: trying again is of no use."""
