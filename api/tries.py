"""What becomes of a message whose turn failed: the worker's rule, and the benchmarks' as well.

Trouble of our own is no attempt of the citizen: the message goes back and waits until all is well.
Only one that fails while all else works, or in whose hands somebody dies again and again, ends.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.whatsapp.policy import WhatsAppPolicy, step
from nlu.turn import BROKEN, FAILED, TurnFailed


@dataclass(frozen=True)
class Wait:
    """Something of ours is away. `died`: with this turn in its hands, so that is counted."""

    died: bool


@dataclass(frozen=True)
class Again:
    """The same message is tried again after so many seconds; the attempt counts."""

    seconds: float


@dataclass(frozen=True)
class GiveUp:
    """It becomes a dead letter, and the citizen is told."""


Next = Wait | Again | GiveUp


def after(error: TurnFailed, attempt: int, *, healthy: bool, policy: WhatsAppPolicy) -> Next:
    """What follows a failed turn, the `attempt`th (from 1) that counts. `healthy`: all else works
    now."""
    if error.trouble != FAILED or not healthy:
        return Wait(died=error.trouble == BROKEN)
    if attempt >= policy.retry.turn.attempts:
        return GiveUp()
    return Again(step(policy.retry.turn.wait, attempt))


def died_too_often(deaths: int, policy: WhatsAppPolicy) -> bool:
    """Whether a message is no longer taken up: it was in hand at so many deaths."""
    return deaths > policy.retry.turn.deaths
