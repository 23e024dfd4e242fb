"""One turn: from a message to all that is said about it.

A request that lay too long is spoken of first. What the message means is told by `interpretation`
while the form is open, by `routing` while it is not. Departments are called here, and the question
comes last.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from actions.dialogue import (
    bank_codes,
    cues,
    interpretation,
    language,
    perform,
    routing,
    undo,
    villages,
    was_right,
)
from actions.dialogue.form import Form
from actions.dialogue.perform import Execute
from actions.dialogue.state import CONFIRM, RESUME, Heard, State
from actions.dialogue.steps import ASK, GO, STOP, Step, cleared
from nlu.slots.kind import kind_of
from nlu.turn import Reply

UNCLEAR = ("out_of_scope", "clarify")
_TAPS = {
    "choose": routing.choose,
    "menu": routing.menu,
    "answer": routing.late_answer,
    "language": interpretation.hear,
}


OwnPayments = Callable[[str], Awaitable[tuple[str, ...]]]
"""Language -> what is to be said of the sender's payments that are not finished."""


async def nothing_paid(language: str) -> tuple[str, ...]:
    """Of who pays nothing."""
    return ()


async def turn(
    form: Form,
    state: State,
    heard: Heard,
    execute: Execute,
    own_payments: OwnPayments = nothing_paid,
) -> Step:
    """The state after a message, and everything that is said."""
    hidden = bank_codes.hidden(state, heard, form.settings.bank_codes)
    heard = hidden or heard
    step = await _money_taken(form, state, heard, own_payments) or understood(form, state, heard)
    if hidden is not None and (not heard.danger or heard.danger_in_doubt):
        step = step.after_saying(form.say("bank_code", step.state))
    while True:
        if step.next == GO:
            step = step.then(await perform.perform(form, step.state, heard, execute))
        elif step.next == STOP or not step.state.open:
            return step
        elif step.state.asked == CONFIRM:
            step = step.then(await perform.look_up(form, step.state, heard, execute))
            if step.next == ASK:
                return step.ending_with(form.question(step.state))
        else:
            offered = await perform.offered(form, step, execute)
            if offered is step:
                return step.ending_with(form.question(step.state))
            step = offered


async def _money_taken(
    form: Form, state: State, heard: Heard, own_payments: OwnPayments
) -> Step | None:
    """Who says that money was taken is told first where their own payments stand. None in a form,
    and where all of them are finished."""
    if state.open or heard.tapped or (heard.danger and not heard.danger_in_doubt):
        return None
    if not cues.money_taken(heard.text, form.settings):
        return None
    state = form.follow(state, heard)
    told = await own_payments(state.language)
    if not told:
        return None
    return Step(state, STOP, (form.say("money_worry", state), *map(Reply, told)))


def understood(form: Form, state: State, heard: Heard) -> Step:
    """What a message leads to, before any department is called."""
    heard = _surely_cancelled(form, heard)
    if heard.danger and _only_answers(form, state, heard):
        heard = replace(heard, danger=None, danger_in_doubt=False)
    step = undo.noted(state, heard, _understood(form, state, heard))
    told = heard.danger or heard.tapped or heard.kind == "conversation"  # a greeting offers itself
    if told or step.state.language_fixed or not language.offered(state, heard, form.settings):
        return step
    return step.after_saying(form.say("language_offer", step.state))


def _only_answers(form: Form, state: State, heard: Heard) -> bool:
    """Whether a few words are what was asked for, or a word that steers: "one and a half lakh" is
    no fraud. Where any words may be the answer they are not looked at like this."""
    if cues.command(heard.text, form.settings):
        return True
    slot = form.asked_slot(state) if state.open else None
    few = len(heard.text.split()) <= form.settings.answer_words
    closed = slot is not None and not kind_of(slot.type).any_words
    return few and closed and form.fits(state, heard.text)


def _surely_cancelled(form: Form, heard: Heard) -> Heard:
    """A message counts as cancelled only by words of it: "monday" sounds like many things."""
    guessed = heard.kind == "conversation" and heard.intent == "cancel"
    guessed = guessed and heard.surely_meant(form.settings.voice_sure)  # else it is asked again
    if not guessed or cues.says(heard.text, form.settings, "cancelling"):
        return heard
    return replace(heard, kind="out_of_scope", intent="")


def _understood(form: Form, state: State, heard: Heard) -> Step:
    if not heard.danger:
        return _meant(form, state, heard)
    if heard.danger_in_doubt:
        step = _meant(form, state, heard)
        return step.after_saying(form.say("danger_in_doubt", step.state))
    state = form.follow(state, heard)
    call = form.whom_to_call(state, heard.danger)
    if _is_told_to_the_form(form, state, heard):
        return _meant(form, state, heard).after_saying(call)
    return Step(state, STOP, (call,))  # and nothing else: a form that is open waits


def _is_told_to_the_form(form: Form, state: State, heard: Heard) -> bool:
    """Whether what sounds like danger is what the form asks about: its service is one of danger, or
    asks for free words and is the likeliest one of these words. They are not to be lost then."""
    if not state.open:
        return False
    slot = form.asked_slot(state)
    free = slot is not None and kind_of(slot.type).any_words
    of_danger = state.service in form.catalogue.traits["danger"].others.but
    return of_danger or (free and heard.intent == state.service)


def _meant(form: Form, state: State, heard: Heard) -> Step:
    judged = was_right.answered(form, state, heard)
    if judged is not None:
        return judged
    if state.open:
        return _inside(form, state, heard)
    if heard.tapped and heard.intent in _TAPS:
        return _TAPS[heard.intent](form, state, heard)
    state = form.follow(state, heard)
    dropped = _dropped(form, state, heard)
    return dropped if dropped is not None else routing.route(form, state, heard)


def _inside(form: Form, state: State, heard: Heard) -> Step:
    dropped = _dropped(form, state, heard)
    if dropped is not None:
        return dropped
    if _to_be_reminded(form, state, heard):
        state = replace(form.follow(state, heard), since=heard.at)
        return Step(replace(state, asked=f"{RESUME}{state.asked}", attempts=0, heard=None), ASK)
    village = villages.no_town(form, state, heard)
    return village if village is not None else interpretation.hear(form, state, heard)


def _dropped(form: Form, state: State, heard: Heard) -> Step | None:
    """A request too old to go on with ends with a word, and the message is heard as a new one."""
    if not state.service or _idle(state, heard) <= form.settings.drop_hours * 3600:
        return None
    title = {"title": form.service(state).title[state.language]}
    word = form.given_up("draft_dropped", state, title)
    if heard.tapped:
        return Step(cleared(state), STOP, (word,))
    return routing.route(form, cleared(state), heard).after_saying(word)


def _to_be_reminded(form: Form, state: State, heard: Heard) -> bool:
    """Whether a citizen who comes back later should be told what was open: they greet, or say what
    neither answers nor asks for anything."""
    if heard.tapped or _idle(state, heard) <= form.settings.resume_minutes * 60:
        return False
    if heard.kind == "conversation":
        return heard.intent == "greet"
    if heard.kind not in UNCLEAR or cues.command(heard.text, form.settings):
        return False
    slot = form.asked_slot(state)
    if slot is None:
        return not form.found(state.service or "", heard.text, {})
    return not kind_of(slot.type).any_words and form.read(slot, heard.text) is None


def _idle(state: State, heard: Heard) -> float:
    """Seconds since the citizen wrote here last; 0 where that is not known."""
    return heard.at - state.since if heard.at and state.since else 0.0
