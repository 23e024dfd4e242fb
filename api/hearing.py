"""Finds the words, or the meaning of a tap, in any kind of message."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import httpx

from api.blank import is_blank
from api.inbox.port import Inbox
from api.outage import VOICE, Away, from_store
from api.ports import Engine, Transcriber
from api.whatsapp.payload import EXCESS, Inbound, Media
from api.whatsapp.render import MORE, more_buttons
from api.whatsapp.sender import MediaRejected, Sender, SendFailed, SendInDoubt
from nlu.engine.reply import Button
from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.pool import PoolFull
from nlu.speech.readings import likeliest
from nlu.storage.sealing import Unreadable
from nlu.storage.unreadable import alarm

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
class Said:
    """What the dialogue gets. `payload` marks a tap on one of our own options; `spoken` is the
    language of a voice note, `others` what else its words may be."""

    text: str
    payload: bool = False
    voice: bool = False
    spoken: str | None = None
    others: tuple[str, ...] = ()
    location: dict[str, Any] | None = None
    media: dict[str, Any] | None = None


@dataclass(frozen=True)
class NextPage:
    """The citizen wants to see the options that did not fit."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Unclear:
    """Nothing for the dialogue; `phrase` tells the citizen what to do instead."""

    phrase: str


Heard = Said | NextPage | Unclear


class Hearing:
    """Reads one message."""

    def __init__(
        self,
        inbox: Inbox,
        sender: Sender,
        transcriber: Transcriber | None,
        engine: Engine,
        *,
        max_chars: int,
        max_audio_bytes: int,
    ) -> None:
        self._inbox, self._sender = inbox, sender
        self._transcriber, self._engine = transcriber, engine
        self._max_chars, self._max_audio = max_chars, max_audio_bytes

    async def hear(self, message: Inbound, language: str | None) -> Heard:
        """What the message says. Raises `Away` while the store, WhatsApp's files or the speech
        models are; other errors go to the caller."""
        if message.kind == EXCESS:
            return Unclear("too_many_messages")
        if message.kind in ("button", "list"):
            return await self._tap(message)
        if message.kind == "audio" and message.media is not None:
            return await self._voice(message, message.media, language)
        if message.kind == "location" and message.location is not None:
            place = message.location
            text = ", ".join(part for part in (place.name, place.address) if part)
            spot = {"lat": place.latitude, "lon": place.longitude, "name": place.name}
            return Said(text or f"{place.latitude:.6f}, {place.longitude:.6f}", location=spot)
        if message.kind in _ATTACHMENTS and message.media is not None and not message.text:
            return Said(ATTACHED, media=asdict(message.media))
        if message.kind == "text" or message.text:
            return await self._text(message)
        return Unclear("unsupported_message")

    async def _text(self, message: Inbound) -> Heard:
        text = message.text or ""
        if is_blank(text):
            return Unclear("empty_message")
        if len(text) > self._max_chars:
            return Unclear("message_too_long")
        number = text.strip()
        if number.isdecimal() and len(number) <= 3:
            try:
                with from_store():
                    payload = await self._inbox.numbered_choice(message.lane, int(number))
            except Unreadable as error:
                return _old(number, error)
            if payload is not None:
                return _meaning(payload)
        return Said(text, media=asdict(message.media) if message.media else None)

    async def _tap(self, message: Inbound) -> Heard:
        button = message.button_id or ""
        try:
            with from_store():
                payload = await self._inbox.choice(message.lane, button)
        except Unreadable as error:
            return _old(button, error)
        return _meaning(payload) if payload is not None else Unclear("old_button")

    async def _voice(self, message: Inbound, media: Media, language: str | None) -> Heard:
        if self._transcriber is None:
            return Unclear("unsupported_message")
        try:
            recording = await self._sender.download(media, self._max_audio)
            transcript = await self._transcriber.transcribe(recording, language, message.lane)
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
        best, *others = await likeliest(self._engine.parse_heard, transcript.readings())
        words = best.text[: self._max_chars]
        rest = tuple(other.text[: self._max_chars] for other in others)
        return Said(words, voice=True, spoken=best.language, others=rest)


def _old(choice: str, error: Unreadable) -> Heard:
    """What an option stood for is not known any more, as that of a forgotten one."""
    alarm("choices", choice, error.why)
    return Unclear("old_button")


def _meaning(payload: str) -> Heard:
    if payload.startswith(MORE):
        return NextPage(more_buttons(payload))
    return Said(payload, payload=True)
