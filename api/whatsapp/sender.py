"""The port between the worker and WhatsApp, and the ways in which sending fails."""

from __future__ import annotations

from typing import Protocol

from api.whatsapp.outgoing import Parcel
from nlu.turn import Media


class SendFailed(Exception):
    """WhatsApp refused the message. `action` is one of the policy's actions."""

    def __init__(self, action: str, code: int | None, retry_after: float | None = None) -> None:
        super().__init__(f"{action} (code {code})")
        self.action, self.code, self.retry_after = action, code, retry_after


class SendInDoubt(Exception):
    """The connection broke after the request was sent. WhatsApp may have accepted the message."""


class DocumentUnavailable(Exception):
    """The document of a message could not be fetched."""


class VoiceUnavailable(Exception):
    """The message cannot be read aloud here."""


class MediaRejected(Exception):
    """A file of a citizen cannot be used. `reason` is `too_large`, `expired` or `damaged`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sender(Protocol):
    """Outgoing calls to WhatsApp."""

    async def send(self, parcel: Parcel) -> str:
        """Sends one message, marked with the parcel's tracker, and returns its id at WhatsApp.

        Raises `SendFailed`, `SendInDoubt`, `DocumentUnavailable` or `VoiceUnavailable`.
        """

    async def show_typing(self, phone_number_id: str, message_id: str) -> None:
        """Marks a message as read and shows that an answer is being written. It never raises."""

    async def download(self, media: Media, max_bytes: int) -> bytes:
        """Fetches a file of a citizen and checks its size and sha256. Raises `MediaRejected`."""
