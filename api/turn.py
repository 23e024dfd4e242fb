"""One turn: read the message, let the dialogue answer, render the answer for WhatsApp.

`MessageReader` finds the words, or the meaning of a tap, in any kind of message; `Turns` answers
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import httpx

from api.channel import channel_of
from api.inbox.port import Citizen, Claim, Inbox
from api.inbox.review import Arrival
from api.inbox.shadow import Sample
from api.outage import VOICE, Away, from_store
from api.phrases import PhraseBook
from api.ports import Engine, Transcriber
from api.review.pick import Pick
from api.shadow.feed import Feed
from api.whatsapp.outgoing import Draft, Outgoing, told_along
from api.whatsapp.payload import EXCESS, Inbound
from api.whatsapp.policy import WhatsAppPolicy
from api.whatsapp.qr_code import PDF, read_code
from api.whatsapp.render import MORE, more_buttons, read_aloud, render
from api.whatsapp.sender import MediaRejected, Sender, SendFailed, SendInDoubt
from nlu.log import describe, get_logger
from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.pool import PoolFull
from nlu.storage.sealing import Unreadable
from nlu.storage.unreadable import alarm
from nlu.text.script import is_blank
from nlu.trace import span
from nlu.turn import SILENT, Button, Media, Message, Reply, Turned, TurnFailed

log = get_logger(__name__)
ATTACHED = "\U0001f4ce"  # a paper clip stands for a photo or file without a caption
_ATTACHMENTS = ("image", "document", "video")
_LONGEST_CODE, _CODE_SECONDS = 4096, 10
_PASSING = (401, 408, 425, 429)
"""HTTP statuses that say nothing about the file: the token is wrong, or it is too early."""
_VOICE_PHRASES = {
    "audio_too_long": "voice_too_long",
    "audio_too_large": "voice_too_long",
    "too_large": "voice_too_long",
    "hearing_failed": "voice_failed",
}


@dataclass(frozen=True)
class NextPage:
    """The citizen asks for the options that did not fit into the message before."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Unclear:
    """The dialogue cannot use the message. `phrase` tells the citizen what to do."""

    phrase: str


ReadMessage = Message | NextPage | Unclear


class MessageReader:
    """Makes a message for the dialogue from what a citizen sent."""

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

    async def read(self, inbound: Inbound, citizen: Citizen) -> ReadMessage:
        """What a message says, or what the citizen is told instead.

        Raises `Away` if the store, the files of WhatsApp or the speech models are away. Other
        errors go to the caller.
        """
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
        code = await self._code(inbound.media) if inbound.kind in _ATTACHMENTS else ""
        if inbound.kind in _ATTACHMENTS and inbound.media is not None and not inbound.text:
            return replace(blank, text=ATTACHED, media=inbound.media, code=code)
        if inbound.kind == "text" or inbound.text:
            sent = replace(blank, text=inbound.text or "", media=inbound.media, code=code)
            return await self._text(sent)
        return Unclear("unsupported_message")

    async def _code(self, media: Media | None) -> str:
        """The QR code in a picture or a PDF. Nobody waits for one that cannot be fetched: the
        message is answered without."""
        mime_type = media.mime_type.partition(";")[0].strip() if media else ""
        if media is None or not (mime_type == PDF or mime_type.startswith("image/")):
            return ""
        loading = self._sender.download(media, self._max_audio)
        try:
            content = await asyncio.wait_for(loading, _CODE_SECONDS)
        except Exception:  # whatever it is, the message itself can be answered
            return ""
        return (await asyncio.to_thread(read_code, content, mime_type))[:_LONGEST_CODE]

    async def _text(self, message: Message) -> ReadMessage:
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
                return _meaning(payload, replace(message, typed=number))
        return message

    async def _tap(self, button: str, message: Message) -> ReadMessage:
        try:
            with from_store():
                payload = await self._inbox.choice(message.citizen, button)
        except Unreadable as error:
            return _old(button, error)
        return _meaning(payload, message) if payload is not None else Unclear("old_button")

    async def _voice(self, media: Media, message: Message) -> ReadMessage:
        if self._transcriber is None:
            return Unclear("unsupported_message")
        try:
            with span("hear") as one:
                recording = await self._sender.download(media, self._max_audio)
                transcript = await self._transcriber.transcribe(
                    recording, message.language, message.citizen
                )
                one.set_attribute("seva.language", transcript.language)
        except MediaRejected as error:
            return Unclear(_VOICE_PHRASES.get(error.reason, "not_understood_voice"))
        except SendFailed as error:
            if error.action == "final":  # WhatsApp will never have this file
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


@dataclass(frozen=True)
class Answer:
    """The messages that answer a turn, with the language and the tracker to keep, and what the
    citizen wants of us (`nlu.turn.Reply.act`); `decision` and `model` as in `nlu.turn.Turned`;
    `review` is what a person should read, `shadow` what a candidate should understand, too;
    `unread` the phrase of a message that the dialogue never saw."""

    drafts: Sequence[Draft] = ()
    language: str | None = None
    tracker: str | None = None
    acts: tuple[str, ...] = ()
    decision: tuple[str, str] | None = None
    review: tuple[Arrival, ...] = ()
    shadow: tuple[Sample, ...] = ()
    model: str = ""
    unread: str = ""


class Turns:
    """Answers messages. It keeps nothing itself, so a turn can be taken again after a crash."""

    def __init__(
        self,
        engine: Engine,
        reader: MessageReader,
        inbox: Inbox,
        phrases: PhraseBook,
        policy: WhatsAppPolicy,
        spoken: frozenset[str] = frozenset(),
        one_release: Callable[[Claim], AbstractContextManager[Any]] = nullcontext,
        pick: Pick | None = None,
        feed: Feed | None = None,
    ) -> None:
        """`spoken`: languages in which a voice note is also answered by a voice note. A turn runs
        inside `one_release`, so that engine and words are those of one release to its end. `pick`
        chooses what comes to review, `feed` what a candidate gets; None: nothing does."""
        self._pick, self._feed = pick, feed
        self._one_release = one_release
        self._spoken = spoken
        self._engine, self._reader, self._inbox = engine, reader, inbox
        self._phrases, self._policy = phrases, policy

    async def answer(self, claim: Claim) -> Answer:
        """The answer to a claimed message. Raises `Away`, `Unreadable` for the tracker, and errors
        of the dialogue."""
        with self._one_release(claim):
            return await self._answer(claim)

    async def _answer(self, claim: Claim) -> Answer:
        message = claim.message
        if message.kind in self._policy.silent:
            return Answer()
        with from_store():
            citizen = await self._citizen(message)
        heard = await self._reader.read(message, citizen)
        if isinstance(heard, Message):
            return await self._dialogue(message, heard)
        if isinstance(heard, NextPage):
            choose = self._phrases.say("choose_one", citizen.language)
            return Answer(self._render([Reply(choose, heard.buttons)], message, citizen.language))
        reply = Reply(self._phrases.say(heard.phrase, citizen.language))
        return Answer(self._render([reply], message, citizen.language), unread=heard.phrase)

    async def is_healthy(self) -> bool:
        """Whether turns can be taken at all."""
        return await self._engine.is_healthy()

    async def apology(self, message: Inbound, phrase: str = "internal_error") -> Sequence[Draft]:
        """The words for a message that was given up."""
        if message.kind in self._policy.silent:
            return ()
        citizen = await self._citizen(message)
        sorry = Reply(self._phrases.say(phrase, citizen.language))
        return self._render([sorry], message, citizen.language)

    async def listening(self, message: Inbound) -> Sequence[Draft]:
        """The words that are sent while hearing a voice note takes long."""
        citizen = await self._citizen(message)
        words = Reply(self._phrases.say("listening", citizen.language))
        return self._written([words], message, citizen.language)

    async def _citizen(self, message: Inbound) -> Citizen:
        """Who wrote; the language that comes with a message goes before that of earlier replies."""
        found = await self._inbox.citizen(message.lane)
        return replace(found, language=message.language) if message.language else found

    async def _dialogue(self, inbound: Inbound, message: Message) -> Answer:
        with from_store():
            tracker = await self._inbox.tracker(message.citizen)
        turned = await self._engine.turn(message, tracker)
        language = turned.language or message.language
        said = [reply for reply in turned.replies if reply.act != SILENT]
        drafts = self._render(said, inbound, language, turned.model)
        if not drafts and SILENT not in turned.acts:
            raise TurnFailed("the replies of the dialogue came to no message")
        return Answer(
            *(drafts, language, turned.tracker, turned.acts, turned.decision),
            review=self._for_review(message, turned),
            shadow=self._for_candidate(message, turned),
            model=turned.model,
        )

    def _for_review(self, message: Message, turned: Turned) -> tuple[Arrival, ...]:
        """What a person should read. Whatever goes wrong here, the citizen gets the answer."""
        if self._pick is None:
            return ()
        try:
            return self._pick.arrivals(message, turned)
        except Exception as error:
            log.error("review_not_kept", error=describe(error))
            return ()

    def _for_candidate(self, message: Message, turned: Turned) -> tuple[Sample, ...]:
        """What a candidate should understand, too; the same holds."""
        if self._feed is None:
            return ()
        try:
            return self._feed.samples(message, turned)
        except Exception as error:
            log.error("sample_not_kept", error=describe(error))
            return ()

    def _render(
        self, replies: Sequence[Reply], message: Inbound, language: str | None, model: str = ""
    ) -> list[Draft]:
        """The messages for some replies. A voice note is also answered by a voice note."""
        drafts = self._written(replies, message, language, model)
        is_spoken = channel_of(message.lane).is_spoken
        if message.kind == "audio" and language in self._spoken and is_spoken:
            words = read_aloud(drafts, self._policy.limits.spoken)
            drafts += [Draft(Outgoing("voice", words))] if words else []
        return drafts

    def _written(
        self, replies: Sequence[Reply], message: Inbound, language: str | None, model: str = ""
    ) -> list[Draft]:
        drafts = render(
            replies,
            inbox_id=message.message_id,
            words=self._phrases.for_rendering(language),
            limits=self._policy.limits,
        )
        return told_along(drafts, message.lane, language, model)


def _old(choice: str, error: Unreadable) -> ReadMessage:
    """The meaning of an option cannot be read, so it counts as forgotten."""
    alarm("choices", choice, error.why)
    return Unclear("old_button")


def _meaning(payload: str, message: Message) -> ReadMessage:
    if payload.startswith(MORE):
        return NextPage(more_buttons(payload))
    return replace(message, text=payload, tapped=True, media=None)
