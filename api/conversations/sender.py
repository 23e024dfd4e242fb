"""The worker's calls to the channel of each message."""

from __future__ import annotations

from api.channel import WHATSAPP, channel_of
from api.conversations.message import recording_at
from api.whatsapp.outgoing import Parcel
from api.whatsapp.sender import MediaRejected, Sender
from nlu.turn import Media


class ChannelSender:
    """`Sender` of `api.whatsapp.sender` for all channels.

    To a channel that is fetched nothing is sent, so the outbox gives no parcel for one.
    """

    def __init__(self, whatsapp: Sender) -> None:
        self._whatsapp = whatsapp

    async def send(self, parcel: Parcel) -> str:
        """Over WhatsApp."""
        return await self._whatsapp.send(parcel)

    async def show_typing(self, phone_number_id: str, message_id: str) -> None:
        """Where the channel can show it."""
        if channel_of(f"{phone_number_id}:") is WHATSAPP:
            await self._whatsapp.show_typing(phone_number_id, message_id)

    async def download(self, media: Media, max_bytes: int) -> bytes:
        """A file at WhatsApp, or the one that the message brought along. Raises as `Sender`."""
        recording = recording_at(media.id)
        if recording is None:
            return await self._whatsapp.download(media, max_bytes)
        if len(recording) > max_bytes:
            raise MediaRejected("too_large")
        return recording
