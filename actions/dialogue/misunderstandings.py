"""What a turn tells of words that were not understood: they were taken for something that the
citizen did not mean, or the citizen chose what they mean.

The worker keeps them for review (`api.review`). Answers to the questions of a form are told only
where they were taken for another request.
"""

from __future__ import annotations

from dataclasses import replace

import regex

from actions.dialogue.answers import ASKED_FOR
from actions.dialogue.questions import KEEP
from actions.dialogue.state import DENIED, MEANT, SWITCH, Heard, State
from actions.dialogue.steps import Step, ToPerson
from nlu.turn import Misunderstood, Reply

_LETTER = regex.compile(r"\p{L}")
ASKED, NOT_THIS, CORRECTED, HANDED_OVER = "asked", "not_this", "corrected", "handed_over"
"""Why words are told."""


def told_along(before: State, heard: Heard, step: Step) -> tuple[Reply, ...]:
    """The replies of a step, the first with what is to be told of words."""
    found = misunderstood(before, heard, step)
    if found is None or not step.replies or not _LETTER.search(found.text):
        return step.replies
    first, *rest = step.replies
    return (replace(first, misunderstood=found), *rest)


def misunderstood(before: State, heard: Heard, step: Step) -> Misunderstood | None:
    """What the turn between a state and a step tells; None for most."""
    if _wants_a_person(step) and not heard.tapped:
        return Misunderstood(HANDED_OVER, heard.text)
    undo = before.undo
    if undo is not None and undo.text and step.state.nonce == undo.nonce:
        return Misunderstood(CORRECTED, undo.text)
    if before.heard is None:
        return None
    asked, words = before.asked or "", before.heard.text
    if asked.startswith(SWITCH):
        kept = step.state.service == before.service and _is_no(heard)
        return Misunderstood(NOT_THIS, words) if kept else None
    if before.service:
        return None
    opening = before.opening
    denied = opening is not None and opening.stage == DENIED and opening.words == before.heard
    if heard.tapped and heard.intent == "choose" and not heard.payload.get("value"):
        chosen = heard.payload.get("service", "")
        return Misunderstood(CORRECTED if denied else ASKED, words, chosen)
    if heard.tapped and heard.intent == "menu" and not heard.payload:
        return None if denied else Misunderstood(NOT_THIS, words)  # the denial was told already
    if not asked.startswith(MEANT) or (step.state.asked or "").startswith(MEANT):
        return None
    if _is_no(heard):
        return Misunderstood(NOT_THIS, words)
    service = asked[len(MEANT) :]
    return Misunderstood(ASKED, words, service) if _is_yes(heard, step, service) else None


def _wants_a_person(step: Step) -> bool:
    return any(isinstance(one, ToPerson) and one.record.why == ASKED_FOR for one in step.effects)


def _is_no(heard: Heard) -> bool:
    said = heard.kind == "conversation" and heard.intent == "deny"
    return said or (heard.tapped and heard.payload.get("value") == KEEP)


def _is_yes(heard: Heard, step: Step, service: str) -> bool:
    said = heard.kind == "conversation" and heard.intent == "affirm"
    return said and service == step.state.service
