"""What may be remembered of a citizen for the next request: they are asked once, after one is
done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from actions.dialogue import display, taps
from actions.dialogue.form import Form
from actions.dialogue.questions import AGREE, REFUSE
from actions.dialogue.state import REMEMBER, Heard, State, new_nonce
from actions.dialogue.steps import STOP, Forget, Remember, Step, cleared
from nlu.catalogue import Service
from nlu.turn import Button, Reply, payload


def done(form: Form, before: State, step: Step, *, to_pay: bool = False) -> Step:
    """The end of a request that was done: its values are remembered where the citizen agreed, and
    the question whether they agree is asked where it never was. Asking counts as a refusal until
    they do, so that nobody is asked twice. What is `to_pay` is not done yet: nothing is asked
    beside the button to pay, but once they say that all is well (`all_is_well`)."""
    values = rememberable(form, form.service(before), before.values)
    if not values or before.profile.consent is False:
        return step
    if before.profile.consent:
        return replace(step, effects=(*step.effects, Remember(values)))
    if step.state.asked or step.state.service:  # something else is being asked already
        return step
    waiting = replace(step.state, pending=values)
    if to_pay:
        return replace(step, state=waiting)
    return _asked(form, step, replace(waiting, nonce=before.nonce))


def all_is_well(form: Form, heard: Heard, step: Step) -> Step:
    """The answer to thanks or an "ok", with the question that waited for a payment behind it."""
    state = step.state
    if not state.pending or state.asked or state.service or state.profile.consent is not None:
        return step
    return _asked(form, step, replace(state, nonce=new_nonce(heard, REMEMBER)))


def _asked(form: Form, step: Step, waiting: State) -> Step:
    asking = replace(waiting, asked=REMEMBER)
    question = _question(form, asking, asking.language)
    return replace(
        step, state=asking, replies=(*step.replies, question), effects=(*step.effects, Forget())
    )


def rememberable(form: Form, service: Service, values: Mapping[str, str]) -> dict[str, str]:
    """Values by slot type that may be remembered; never a sensitive one, whatever data says."""
    return {
        slot.type.name: values[slot.name]
        for slot in service.slots
        if slot.name in values
        and slot.type.name in form.settings.remembered
        and not slot.type.sensitive
    }


def answered(form: Form, state: State, heard: Heard) -> Step | None:
    """A tap or words after the question whether to remember; other words are None."""
    if state.asked != REMEMBER:
        return None
    if not heard.tapped:
        typed = taps.typed(form, heard, lambda language: _question(form, state, language))
        intent = heard.intent if heard.kind == "conversation" else ""
        said = {"affirm": AGREE, "deny": REFUSE, "cancel": REFUSE}.get(intent, "")
        value = typed.payload["value"] if typed else said
    else:
        value = heard.payload.get("value", "") if heard.payload.get("nonce") == state.nonce else ""
    if value == AGREE:
        kept = Remember(state.pending)
        return Step(cleared(state), STOP, (form.say("remembered", state),), (kept,))
    if value == REFUSE:
        return Step(cleared(state), STOP, (form.say("not_remembered", state),), (Forget(),))
    return None


def _question(form: Form, state: State, language: str) -> Reply:
    details = []
    for name, value in state.pending.items():
        slot_type = form.catalogue.slot_types[name]
        shown = display.shown(slot_type, value, language, form.catalogue)
        details.append(f"{slot_type.label[language]} ({shown})")
    asked = form.say(
        "remember_prompt", replace(state, language=language), {"details": ", ".join(details)}
    )
    buttons = tuple(
        Button(
            form.catalogue.phrases[title][language],
            payload("answer", value=value, nonce=state.nonce),
        )
        for title, value in (("remember_yes", AGREE), ("remember_no", REFUSE))
    )
    return replace(asked, buttons=buttons)
