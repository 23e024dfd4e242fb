"""What a turn of dialogue gives back. Light: whoever only carries replies loads no Rasa."""

from __future__ import annotations

from dataclasses import dataclass

AWAY, BROKEN, FAILED = "away", "broken", "failed"
"""Why a turn failed: something of ours was not reached, it died or hung with the turn in its hands,
or all works and this turn fails."""


@dataclass(frozen=True)
class Button:
    """A reply button or list row; `id` comes back when it is tapped."""

    id: str
    title: str
    description: str | None = None


@dataclass(frozen=True)
class Document:
    """A file of a department to send along."""

    url: str
    filename: str


@dataclass(frozen=True)
class Reply:
    """One message to the citizen, in their language."""

    text: str
    buttons: tuple[Button, ...] = ()
    button_label: str | None = None
    document: Document | None = None


@dataclass(frozen=True)
class Turned:
    """What a turn came to: the replies, the reply language, and the tracker to keep with them."""

    replies: tuple[Reply, ...]
    language: str | None = None
    tracker: str | None = None


class TurnFailed(RuntimeError):
    """A turn ended without a reply; nothing of it is to be kept, and it may be taken again.

    `trouble` is one of the three words above.
    """

    def __init__(self, why: str, trouble: str = FAILED) -> None:
        super().__init__(why)
        self.trouble = trouble
