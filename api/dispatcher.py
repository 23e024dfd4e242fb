"""Sends replies from the outbox to WhatsApp and records what became of each."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace

from api.inbox.port import Outbox
from api.metrics import WorkerMetrics
from api.phrases import PhraseBook
from api.whatsapp.outgoing import Outgoing, Parcel
from api.whatsapp.policy import WhatsAppPolicy, step
from api.whatsapp.sender import (
    DocumentUnavailable,
    Sender,
    SendFailed,
    SendInDoubt,
    VoiceUnavailable,
)
from nlu.log import describe, get_logger
from nlu.trace import TraceContext, set_attribute, span

log = get_logger(__name__)
_REMEMBERED = 256  # messages that WhatsApp accepted last
_SENT = {
    "messaging.system": "whatsapp",
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "messaging.destination.name": "whatsapp",
}
_OF_LEASE = 0.85  # a send ends before another worker may begin with the same message


class Dispatcher:
    """Sends one parcel at a time for each citizen. The outbox keeps every outcome."""

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        phrases: PhraseBook,
        policy: WhatsAppPolicy,
        metrics: WorkerMetrics,
        *,
        doubt_s: float,
        told_at: Callable[[], Awaitable[float]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`doubt_s`: seconds in which a status should come; the lease of the outbox is twice that.

        `told_at` gives the time, by `clock`, of the last status of any message, or 0 if there was
        none. Without it, WhatsApp is never thought to be silent.
        """
        self._outbox, self._sender, self._phrases = outbox, sender, phrases
        self._policy, self._metrics = policy, metrics
        self._doubt, self._told_at, self._clock = doubt_s, told_at, clock
        self._longest = min(policy.deadlines.send, _OF_LEASE * 2 * doubt_s)
        self._taken: deque[float] = deque(maxlen=_REMEMBERED)

    async def send(self, parcel: Parcel) -> None:
        """Sends a claimed parcel, as a span in the trace of what it answers."""
        told = {**_SENT, "seva.message.kind": parcel.message.kind, "seva.attempt": parcel.attempt}
        with span("send whatsapp", "client", told, parent=TraceContext.read(parcel.trace)):
            await self._send(parcel)

    async def _send(self, parcel: Parcel) -> None:
        if parcel.doubtful and not await self._may_repeat(parcel):
            return
        sending = self._sender.send(parcel)
        try:
            message_id = await asyncio.wait_for(sending, self._longest)
        except SendFailed as error:
            await self._refused(parcel, error)
        except (SendInDoubt, asyncio.TimeoutError) as error:
            self._count(parcel, "doubt")
            await self._outbox.doubt(parcel, self._wait_in_doubt(parcel), describe(error))
        except DocumentUnavailable as error:
            await self._without_document(parcel, error)
        except VoiceUnavailable as error:  # its words were sent before it as text
            self._count(parcel, "no_voice")
            await self._outbox.fail(parcel, describe(error))
        else:
            self._count(parcel, "sent")
            self._taken.append(self._clock())
            await self._outbox.sent(parcel, message_id)

    async def _may_repeat(self, parcel: Parcel) -> bool:
        """Whether a message that WhatsApp may have accepted is sent again now.

        If not, it waits or is given up.
        """
        silent = await self._is_silent()
        policy = self._policy
        longest = (
            policy.retry.doubt.silent_give_up_after if silent else policy.retry.doubt.give_up_after
        )
        if self._clock() - parcel.created_at > longest:
            self._count(parcel, "given_up")
            log.error("reply_given_up", why="unknown whether WhatsApp took it", silent=silent)
            if parcel.news:  # news are told even if they are old
                await self._outbox.park(parcel, "in doubt")
            else:
                await self._outbox.fail(parcel, "in doubt")
            return False
        if silent:
            self._count(parcel, "doubt_waits")
            await self._outbox.doubt(parcel, self._wait_in_doubt(parcel), "WhatsApp tells nothing")
        return not silent

    async def _is_silent(self) -> bool:
        """Whether WhatsApp sent no status since it accepted a message, though it had time for it.

        Then its webhook does not reach us. If it accepted nothing, its silence means nothing.
        """
        if self._told_at is None:
            return False
        told, late = await self._told_at(), self._clock() - self._doubt
        return any(0 < told < taken <= late for taken in self._taken)

    def _wait_in_doubt(self, parcel: Parcel) -> float:
        return max(self._doubt, step(self._policy.retry.doubt.wait, parcel.attempt))

    async def _refused(self, parcel: Parcel, error: SendFailed) -> None:
        """WhatsApp refused the message: it is sent again, later, another way, or never."""
        action, reason = error.action, f"code {error.code}"
        too_old = self._clock() - parcel.created_at > self._policy.retry.send.give_up_after
        if action == "phone" and parcel.citizen == parcel.phone:
            action = "final"
        if too_old and action not in ("final", "park"):
            action = "park" if parcel.news else "final"
        self._count(parcel, action, code=error.code)
        if action == "final" and parcel.message.template is not None:
            log.error("template_refused", code=error.code)
        if action == "final":
            await self._outbox.fail(parcel, reason)
        elif action == "park":
            await self._outbox.park(parcel, reason)
        elif action == "phone":
            await self._outbox.use_phone(parcel, reason)
        else:
            wait = error.retry_after or self._policy.wait(action, parcel.attempt)
            await self._outbox.retry(parcel, wait, reason)

    async def _without_document(self, parcel: Parcel, error: DocumentUnavailable) -> None:
        """The file cannot be fetched. After a few tries the citizen is told."""
        self._count(parcel, "no_document", code=None)
        if parcel.attempt < self._policy.retry.turn.attempts:
            wait = self._policy.wait("retry", parcel.attempt)
            await self._outbox.retry(parcel, wait, describe(error))
            return
        text = self._phrases.say("document_failed", parcel.language)
        apology = Outgoing("text", text)
        await self._outbox.replace(replace(parcel, message=apology), describe(error))

    def _count(self, parcel: Parcel, outcome: str, code: int | None = None) -> None:
        self._metrics.sends.labels(outcome).inc()
        set_attribute("seva.outcome", outcome)
        set_attribute("seva.whatsapp.code", code)
        if outcome == "alert":
            log.error("whatsapp_needs_attention", code=code)
        elif outcome != "sent":
            log.warning("not_sent", outcome=outcome, code=code, attempt=parcel.attempt)
