"""Asks a few citizens, once a request is over, whether it was what they meant.

The words that began the request stay in the conversation's state until they answer, and only of
those who will be asked. A "no" goes to review with these words, and offers what else they may mean.
Who does not answer is not asked again: their next message is heard as any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import regex

from actions.dialogue import questions, stories, taps
from actions.dialogue.display import filled
from actions.dialogue.form import Form
from actions.dialogue.state import (
    ASKED_NOW,
    DENIED,
    STANDS,
    UNDER_WAY,
    Heard,
    Opening,
    State,
    new_nonce,
)
from actions.dialogue.steps import ASK, STOP, Informed, Judged, Step, ToPerson, Used, cleared
from nlu.records import read_record
from nlu.turn import Button, Misunderstood, Reply, payload

ASKED, RIGHT, WRONG = "asked", "right", "wrong"
"""What is counted of it; the last two are also the values of the buttons."""
_FILE = Path(__file__).with_name("was_right.yml")
_CORRECTED = "corrected"  # a reason of `api.review`
_LETTER = regex.compile(r"\p{L}")
_HOUR, _DAY = 3600, 86_400


@dataclass(frozen=True)
class Rules:
    """See the comments in `was_right.yml`."""

    days: float
    hours: float
    offered: int
    not_asked: tuple[str, ...]
    question: Mapping[str, str]
    right_button: Mapping[str, str]
    wrong_button: Mapping[str, str]
    right: Mapping[str, str]
    wrong: Mapping[str, str]


@lru_cache(maxsize=1)
def rules() -> Rules:
    """All of `was_right.yml`. Raises RecordError."""
    return read_record(_FILE, Rules)


def noted(form: Form, before: State, heard: Heard, step: Step, percent: float) -> Step:
    """The step with the words kept that begin a request, of so many percent of all messages, and
    with the question where that request is over. A turn that runs again comes to the same."""
    if heard.danger or any(isinstance(one, ToPerson) for one in step.effects):
        return _quiet(step, heard)
    began = _began(before, heard, step)
    is_asked = in_share(heard.message.id, percent)
    opening = _opening(form, before, heard, began) if is_asked else None
    opening = opening or step.state.opening
    if opening is None:
        return step
    if opening.stage != UNDER_WAY or not _is_over(step, opening.service):
        return _with(step, _still(opening, step.state, began, heard))
    return _with(step, None) if _asks_already(step) else _asked(heard, step, opening)


def quiet(step: Step, heard: Heard) -> Step:
    """The step of a citizen who talked with a person, or rated the talk: they are asked nothing
    more for a while."""
    return _quiet(step, heard)


def answered(form: Form, state: State, heard: Heard) -> Step | None:
    """The step that an answer to the question leads to; None where the message is none."""
    opening = state.opening
    if opening is None or opening.stage not in (ASKED_NOW, STANDS):
        return None
    said = _said(form, state, heard, opening)
    if said == RIGHT:
        reply = Reply(filled(rules().right, state.language))
        known = replace(state, opening=None)
    elif said == WRONG:
        told = Misunderstood(_CORRECTED, opening.words.text, key=opening.key)
        reply = Reply(filled(rules().wrong, state.language), misunderstood=told)
        known = replace(state, opening=replace(opening, stage=DENIED))
    else:
        return None
    effects = (Judged(opening.service, said),)
    if state.open:
        return Step(known, ASK, (reply,), effects)
    if said == RIGHT or state.service:
        return Step(known, STOP, (reply,), effects)
    return _others(form, Step(known, STOP, (reply,), effects), opening)


def _said(form: Form, state: State, heard: Heard, opening: Opening) -> str:
    """What a tap, or a bare yes or no to the question just asked, says; empty for anything else."""
    if heard.tapped:
        ours = heard.intent == "answer" and heard.payload.get("nonce") == opening.nonce
        value = heard.payload.get("value", "") if ours else ""
        return value if value in (RIGHT, WRONG) else ""
    if opening.stage != ASKED_NOW or state.open or heard.danger:
        return ""
    if not heard.surely_meant(form.settings.voice_sure):
        return ""
    typed = taps.typed(form, heard, lambda language: _question(language, opening.nonce))
    if typed is not None:
        return typed.payload["value"]
    intent = heard.intent if heard.kind == "conversation" else ""
    return {"affirm": RIGHT, "deny": WRONG}.get(intent, "")


def _others(form: Form, step: Step, opening: Opening) -> Step:
    """With the services that are easily taken for the one that it was not, else the menu; the words
    begin the one that is chosen."""
    state, catalogue = step.state, form.catalogue
    service = catalogue.services.get(opening.service)
    near = [one for one in (service.neighbours if service else ()) if one in catalogue.services]
    if near:
        others = questions.clarify(catalogue, state.language, near[: rules().offered])
    else:
        lead = catalogue.phrases["menu_prompt"][state.language]
        others = questions.topics(catalogue, state.language, form.settings, lead)
    kept = replace(cleared(state), heard=opening.words)
    return replace(step, state=kept).ending_with(others)


def _began(before: State, heard: Heard, step: Step) -> str:
    """The service that the citizen's own words began, or asked about; empty where they did not."""
    if heard.tapped or heard.kind == "conversation" or not _LETTER.search(heard.text):
        return ""
    named = {one.options[0] for one in (heard, *heard.parts) if one.options}
    known = {before.service, *(one.service for one in before.kept)}
    over = (one.service for one in step.effects if isinstance(one, (Used, Informed)))
    found = (one for one in (step.state.service, *over) if one and one not in known)
    return next((one for one in found if one in named), "")


def _opening(form: Form, before: State, heard: Heard, service: str) -> Opening | None:
    """The words to be asked about; None for somebody who was asked lately, and for who should not
    be: in danger, in grief, or angry."""
    since = heard.at - before.judged
    if not service or (before.judged and since < rules().days * _DAY):
        return None
    if service in form.catalogue.traits["danger"].others.but:
        return None
    if stories.feeling(heard.text, form.settings) in rules().not_asked:
        return None
    return Opening(heard.words, service, heard.key or "", heard.at)


def _still(opening: Opening, state: State, began: str, heard: Heard) -> Opening | None:
    """The words, while they may be asked about or answered."""
    if opening.stage == UNDER_WAY:
        left = {state.service, *(one.service for one in state.kept)}
        return opening if opening.service in left else None
    if opening.stage == DENIED:
        return opening if state.heard == opening.words else None
    if began or heard.at - opening.at > rules().hours * _HOUR:
        return None
    return replace(opening, stage=STANDS)


def _is_over(step: Step, service: str) -> bool:
    return any(isinstance(one, (Used, Informed)) and one.service == service for one in step.effects)


def _asks_already(step: Step) -> bool:
    """Whether something else is asked, or there is something to pay, or the department said no."""
    state = step.state
    if state.asked or state.service or state.kept or state.pending:
        return True
    no = any(isinstance(one, Used) and not one.done for one in step.effects)
    return no or any(reply.link for reply in step.replies)


def _asked(heard: Heard, step: Step, opening: Opening) -> Step:
    nonce = new_nonce(heard, "was_right")
    asked = replace(opening, stage=ASKED_NOW, nonce=nonce, at=heard.at)
    state = replace(step.state, opening=asked, judged=heard.at or 1.0)
    effects = (*step.effects, Judged(opening.service, ASKED))
    question = _question(state.language, nonce)
    return replace(step, state=state, replies=(*step.replies, question), effects=effects)


def _question(language: str, nonce: str) -> Reply:
    ours = rules()
    buttons = tuple(
        Button(title[language], payload("answer", value=value, nonce=nonce))
        for title, value in ((ours.right_button, RIGHT), (ours.wrong_button, WRONG))
    )
    return Reply(ours.question[language], buttons)


def _quiet(step: Step, heard: Heard) -> Step:
    return replace(step, state=replace(step.state, opening=None, judged=heard.at or 1.0))


def _with(step: Step, opening: Opening | None) -> Step:
    if step.state.opening == opening:
        return step
    return replace(step, state=replace(step.state, opening=opening))


def in_share(message: str, percent: float) -> bool:
    """Whether a message, by its id, is of the share; the same each time its turn is taken."""
    if percent <= 0 or not message:
        return False
    digest = hashlib.sha256(f"was_right:{message}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 10_000 < percent * 100
