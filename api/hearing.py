"""Finds the words, or the meaning of a tap, in any kind of message."""

from __future__ import annotations

from dataclasses import dataclass, replace

import httpx

from api.blank import is_blank
from api.inbox.port import Citizen, Inbox
from api.outage import VOICE, Away, from_store
from api.ports import Transcriber
from api.whatsapp.payload import EXCESS, Inbound
from api.whatsapp.render import MORE, more_buttons
from api.whatsapp.sender import MediaRejected, Sender, SendFailed, SendInDoubt
from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.pool import PoolFull
from nlu.storage.sealing import Unreadable
from nlu.storage.unreadable import alarm
from nlu.turn import Button, Media, Message

ATTACHED = "\U0001f4ce"  # a paper clip stands for what a photo or file without a caption says
_ATTACHMENTS = ("image", "document", "video")
_PASSING = (401, 408, 425, 429)
"""HTTP statuses that say nothing of the file: the token is to be mended, or it is too early."""
_VOICE_PHRASES = {
    "audio_too_long": "voice_too_long",
    "audio_too_large": "voice_too_long",
    "too_large": "voice_too_long",
    "hearing_failed": "voice_failed",
}


@dataclass(frozen=True)
class NextPage:
    """The citizen wants to see the options that did not fit."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Unclear:
    """Nothing for the dialogue; `phrase` tells the citizen what to do instead."""

    phrase: str


Heard = Message | NextPage | Unclear


class Hearing:
    """Reads one message."""

    def __init__(
        self,
        inbox: Inbox,
        sender: Sender,
        transcriber: Transcriber | None,
        *,
        max_chars: int,
        max_audio_bytes: int,
    ) -> None:
        self._inbox, self._sender, self._transcriber = inbox, sender, transcriber
        self._max_chars, self._max_audio = max_chars, max_audio_bytes

    async def hear(self, inbound: Inbound, citizen: Citizen) -> Heard:
        """What a message says, or what its citizen is told instead. Raises `Away` while the store,
        WhatsApp's files or the speech models are; other errors go to the caller."""
        phone = inbound.phone or citizen.phone or ""
        blank = Message("", inbound.lane, inbound.message_id, citizen.language, phone)
        if inbound.kind == EXCESS:
            return Unclear("too_many_messages")
        if inbound.kind in ("button", "list"):
            return await self._tap(inbound.button_id or "", blank)
        if inbound.kind == "audio" and inbound.media is not None:
            return await self._voice(inbound.media, blank)
        if inbound.kind == "location" and inbound.location is not None:
            place = inbound.location
            text = ", ".join(part for part in (place.name, place.address) if part)
            text = text or f"{place.latitude:.6f}, {place.longitude:.6f}"
            return replace(blank, text=text, location=place)
        if inbound.kind in _ATTACHMENTS and inbound.media is not None and not inbound.text:
            return replace(blank, text=ATTACHED, media=inbound.media)
        if inbound.kind == "text" or inbound.text:
            return await self._text(replace(blank, text=inbound.text or "", media=inbound.media))
        return Unclear("unsupported_message")

    async def _text(self, message: Message) -> Heard:
        if is_blank(message.text):
            return Unclear("empty_message")
        if len(message.text) > self._max_chars:
            return Unclear("message_too_long")
        number = message.text.strip()
        if number.isdecimal() and len(number) <= 3:
            try:
                with from_store():
                    payload = await self._inbox.numbered_choice(message.citizen, int(number))
            except Unreadable as error:
                return _old(number, error)
            if payload is not None:
                return _meaning(payload, message)
        return message

    async def _tap(self, button: str, message: Message) -> Heard:
        try:
            with from_store():
                payload = await self._inbox.choice(message.citizen, button)
        except Unreadable as error:
            return _old(button, error)
        return _meaning(payload, message) if payload is not None else Unclear("old_button")

    async def _voice(self, media: Media, message: Message) -> Heard:
        if self._transcriber is None:
            return Unclear("unsupported_message")
        try:
            recording = await self._sender.download(media, self._max_audio)
            transcript = await self._transcriber.transcribe(
                recording, message.language, message.citizen
            )
        except MediaRejected as error:
            return Unclear(_VOICE_PHRASES.get(error.reason, "not_understood_voice"))
        except SendFailed as error:
            if error.action == "final":  # WhatsApp has no such file, and will not
                raise
            raise Away(VOICE, error) from error
        except (SendInDoubt, httpx.TransportError, SpeechModelError, PoolFull) as error:
            raise Away(VOICE, error) from error
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in _PASSING and not error.response.is_server_error:
                raise
            raise Away(VOICE, error) from error
        except SpeechError as error:
            return Unclear(_VOICE_PHRASES.get(error.code, "not_understood_voice"))
        if is_blank(transcript.text):
            return Unclear("not_understood_voice")
        readings = tuple(
            replace(one, text=one.text[: self._max_chars]) for one in transcript.readings()
        )
        return replace(message, text=readings[0].text, readings=readings)


def _old(choice: str, error: Unreadable) -> Heard:
    """What an option stood for is not known any more, as that of a forgotten one."""
    alarm("choices", choice, error.why)
    return Unclear("old_button")


def _meaning(payload: str, message: Message) -> Heard:
    if payload.startswith(MORE):
        return NextPage(more_buttons(payload))
    return replace(message, text=payload, tapped=True, media=None)
