"""Messages to citizens that answer no message of theirs: late answers, receipts, a person's words.

`Notify` is the seam: the worker's outbox takes a notice once for its `id`, however often it is
handed over.
"""

from __future__ import annotations

from typing import Protocol

from nlu.turn import Notice


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
