"""One turn: hear the message, let the dialogue answer, fit the answer into WhatsApp's messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from api.hearing import Hearing, NextPage
from api.inbox.port import Claim, Inbox
from api.outage import from_store
from api.ports import Engine
from api.whatsapp.outgoing import Draft, Outgoing
from api.whatsapp.payload import Inbound
from api.whatsapp.policy import WhatsAppPolicy
from api.whatsapp.render import read_aloud, render
from api.wording import Wording
from nlu.turn import Message, Reply, TurnFailed


@dataclass(frozen=True)
class Answer:
    """The messages that answer a turn, and what is kept with them: the language to remember for
    the citizen, and the tracker."""

    drafts: Sequence[Draft] = ()
    language: str | None = None
    tracker: str | None = None


class Turns:
    """Answers messages; keeps nothing itself, so that a turn can be taken again after a crash."""

    def __init__(
        self,
        engine: Engine,
        hearing: Hearing,
        inbox: Inbox,
        wording: Wording,
        policy: WhatsAppPolicy,
        spoken: frozenset[str] = frozenset(),
        one_release: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """`spoken`: languages in which a voice note is also answered by one. `one_release`: what a
        turn runs in, so that engine and words are those of one release from its beginning to its
        end."""
        self._one_release = one_release
        self._spoken = spoken
        self._engine, self._hearing, self._inbox = engine, hearing, inbox
        self._wording, self._policy = wording, policy

    async def answer(self, claim: Claim) -> Answer:
        """The answer to a claimed message; errors of the dialogue go to the caller. Raises `Away`,
        and `Unreadable` for the tracker."""
        with self._one_release():
            return await self._answer(claim)

    async def _answer(self, claim: Claim) -> Answer:
        message = claim.message
        if message.kind in self._policy.silent:
            return Answer()
        with from_store():
            citizen = await self._inbox.citizen(message.lane)
        heard = await self._hearing.hear(message, citizen)
        if isinstance(heard, Message):
            return await self._dialogue(message, heard)
        if isinstance(heard, NextPage):
            choose = self._wording.say("choose_one", citizen.language)
            reply = Reply(choose, heard.buttons)
        else:
            reply = Reply(self._wording.say(heard.phrase, citizen.language))
        return Answer(self._render([reply], message, citizen.language))

    async def is_healthy(self) -> bool:
        """Whether turns can be taken at all."""
        return await self._engine.is_healthy()

    async def apology(self, message: Inbound, phrase: str = "internal_error") -> Sequence[Draft]:
        """What is said when a message had to be given up."""
        if message.kind in self._policy.silent:
            return ()
        citizen = await self._inbox.citizen(message.lane)
        sorry = Reply(self._wording.say(phrase, citizen.language))
        return self._render([sorry], message, citizen.language)

    async def listening(self, message: Inbound) -> Sequence[Draft]:
        """What is said while a voice note takes long."""
        citizen = await self._inbox.citizen(message.lane)
        words = Reply(self._wording.say("listening", citizen.language))
        return self._written([words], message, citizen.language)

    async def _dialogue(self, inbound: Inbound, message: Message) -> Answer:
        with from_store():
            tracker = await self._inbox.tracker(message.citizen)
        turned = await self._engine.turn(message, tracker)
        language = turned.language or message.language
        drafts = self._render(turned.replies, inbound, language)
        if not drafts:
            raise TurnFailed("the replies of the dialogue came to no message")
        return Answer(drafts, language, turned.tracker)

    def _render(
        self, replies: Sequence[Reply], message: Inbound, language: str | None
    ) -> list[Draft]:
        """The messages, with a voice note at their end where one was answered by voice."""
        drafts = self._written(replies, message, language)
        if message.kind == "audio" and language in self._spoken:
            words = read_aloud(drafts, self._policy.limits.spoken)
            drafts += [Draft(Outgoing("voice", words))] if words else []
        return drafts

    def _written(
        self, replies: Sequence[Reply], message: Inbound, language: str | None
    ) -> list[Draft]:
        return render(
            replies,
            inbox_id=message.message_id,
            words=self._wording.for_rendering(language),
            limits=self._policy.limits,
        )
