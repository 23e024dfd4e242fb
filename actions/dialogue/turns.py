"""One message, with the form open or not: what lay too long is spoken of first."""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue import cues, interpretation, routing
from actions.dialogue.form import Form
from actions.dialogue.state import MEANT, RESUME, Heard, State
from actions.dialogue.steps import ASK, GO, STOP, Step, cleared
from nlu.slots.kind import kind_of

UNCLEAR = ("out_of_scope", "clarify")


def inside(form: Form, state: State, heard: Heard) -> Step:
    """While the form is open."""
    if not state.service or state.asked is None:
        return _left_open(form, state, heard)
    dropped = _dropped(form, state, heard)
    if dropped is not None:
        return dropped
    if _to_be_reminded(form, state, heard):
        state = replace(form.follow(state, heard), since=heard.at)
        return Step(replace(state, asked=f"{RESUME}{state.asked}", attempts=0, heard=None), ASK)
    return interpretation.hear(form, state, heard)


def outside(form: Form, state: State, heard: Heard) -> Step:
    """While none is. Rasa closes a form when its session ends; the request is still there."""
    if _closed_by_time(state):
        return inside(form, state, heard)
    dropped = _dropped(form, state, heard)
    return dropped if dropped is not None else routing.route(form, state, heard)


def late_tap(form: Form, state: State, heard: Heard) -> Step:
    """A tapped answer while no form is open: one of the request that time closed still counts."""
    if _closed_by_time(state) and heard.payload.get("nonce") == state.nonce:
        return inside(form, state, heard)
    return routing.late_answer(form, state, heard)


def _left_open(form: Form, state: State, heard: Heard) -> Step:
    """A turn that was cut short had ended the request, but not the form."""
    taps = {"choose": routing.choose, "menu": routing.menu, "answer": late_tap}
    step = taps.get(heard.intent, interpretation.hear) if heard.tapped else outside
    done = step(form, state, heard)
    return done if done.state.asked else replace(done, next=GO if done.next == GO else STOP)


def _closed_by_time(state: State) -> bool:
    return bool(state.service and state.asked and not state.asked.startswith(MEANT))


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
