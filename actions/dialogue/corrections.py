"""Corrections in the citizen's own words: "no, 45 not 54", "mobile number change", "galat hai".

Which value is meant is told by its label, else it is the one given last that the new value fits.
Cue words are in `data/dialogue.yml`; labels in the slot types and services.
"""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue.form import Form
from actions.dialogue.state import CHANGE, CONFIRM, READ_BACK, Heard, State
from actions.dialogue.steps import ASK, Step
from actions.dialogue.taken_apart import NO, WRONG, Apart, take_apart
from nlu.slots.kind import kind_of

_TRIED = 6  # parts of a message that may be the right value: it is said near the end
_FEW = 2  # words of a new value where the whole message may be an answer in any words


def corrected(form: Form, state: State, heard: Heard) -> Step | None:
    """The step of a message with a cue word of a correction; None where it is none."""
    given = _given(state)
    if not given or (heard.kind == "conversation" and heard.intent == "affirm"):
        return None
    apart = _apart(form, state, heard, given)
    if not apart.cues or _elsewhere(form, state, heard, apart):
        return None
    values = _new_values(form, state, apart, given)
    if values and not _is_answer(form, state, heard, apart):
        return _replaced(form, state, heard, values)
    wrong = WRONG in apart.cues or apart.named
    if wrong and not values and _says_no_more(form, state, heard, apart):
        return _asked_again(form, state, heard, apart, given)
    return None


def renamed(form: Form, state: State, heard: Heard) -> Step | None:
    """The step of a message that names a given slot in full with a new value, as in "mobile number
    9848012346"; None where it answers the open question or is something else."""
    slot = form.asked_slot(state)
    given = _given(state)
    if not given or (slot is not None and form.read(slot, heard.text) is not None):
        return None
    apart = _apart(form, state, heard, given)
    named = replace(apart, named=apart.in_full)
    values = _new_values(form, state, named, given) if apart.in_full else {}
    return _replaced(form, state, heard, values) if values else None


def _given(state: State) -> list[str]:
    """Slots with a value, the latest first; the one read back before all."""
    asked = state.asked or ""
    read_back = asked[len(READ_BACK) :] if asked.startswith(READ_BACK) else ""
    given = [name for name in reversed(state.given) if name in state.values]
    return sorted(given, key=lambda name: name != read_back)


def _apart(form: Form, state: State, heard: Heard, given: list[str]) -> Apart:
    return take_apart(heard.text, [form.slot(state, name) for name in given], form.settings)


def _elsewhere(form: Form, state: State, heard: Heard, apart: Apart) -> bool:
    """Whether the message asks for another service: "change the name on my ration card"."""
    other = heard.kind == "route" and heard.options[:1] not in ((), (state.service,))
    sure = heard.confidence >= form.settings.switch_confidence
    return other and sure and apart.loose > _FEW


def _new_values(form: Form, state: State, apart: Apart, given: list[str]) -> dict[str, str]:
    """The right values: those that are found in free text, else the one that a slot's question
    would take, of the slots named or of all, the latest first."""
    targets = [name for name in given if not apart.named or name in apart.named]
    parts = apart.parts[-_TRIED:]
    found = form.found(state.service or "", " ".join(parts), {})
    changed = {n: v for n, v in found.items() if n in targets and v != state.values[n]}
    if changed:
        return changed
    for name in targets:
        slot = form.slot(state, name)
        if kind_of(slot.type).any_words and not apart.named and name != given[0]:
            continue
        for part in reversed(parts):
            value = form.read(slot, part)
            if value is not None and value != state.values[name]:
                return {name: value}
    return {}


def _is_answer(form: Form, state: State, heard: Heard, apart: Apart) -> bool:
    """Whether the message answers the open question rather than correcting another one."""
    slot = form.asked_slot(state)
    if slot is None or (state.asked or "").startswith(READ_BACK):
        return False
    if form.read(slot, heard.text) is None:
        return False
    if kind_of(slot.type).any_words:
        return apart.loose > _FEW
    latest = form.slot(state, state.given[-1]) if state.given[-1] in state.values else None
    only_no = apart.cues == {NO} and not apart.named
    return only_no and (latest is None or latest.type != slot.type)


def _says_no_more(form: Form, state: State, heard: Heard, apart: Apart) -> bool:
    """Whether a message without a new value is about what is wrong, and no answer."""
    slot = form.asked_slot(state)
    if apart.loose == 0 or slot is None:
        return True
    return bool(apart.named) and form.read(slot, heard.text) is None


def _replaced(form: Form, state: State, heard: Heard, values: dict[str, str]) -> Step:
    state = form.follow_native(state, heard)
    step = form.after(form.told(state, values, spoken=heard.by_voice))
    if step.state.asked == CONFIRM or (step.state.asked or "").startswith(READ_BACK):
        return step  # shown there
    return step.after_saying(*(form.noted(step.state, name) for name in values))


def _asked_again(
    form: Form, state: State, heard: Heard, apart: Apart, given: list[str]
) -> Step | None:
    """The question for what is wrong; at the confirmation, where that is not told, all values to
    choose from. The old value stays until there is a new one."""
    state = form.follow(state, heard)
    if not apart.named and state.asked in (CONFIRM, CHANGE):
        return Step(replace(state, asked=CHANGE, page=0, attempts=0), ASK)
    name = next((name for name in given if name in apart.named), given[0])
    tried = 1 if apart.loose else 0  # what was said did not fit: the question with its example
    return Step(replace(state, asked=name, page=0, attempts=tried), ASK)
