"""Hands a request over to a person, with everything that they would otherwise ask again."""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue.form import Form
from actions.dialogue.state import Heard, State
from actions.dialogue.steps import Handover, Step, ToPerson

TOO_MANY, ASKED_FOR = "too_many_attempts", "asked_for"


def handed_over(form: Form, step: Step, state: State, heard: Heard, why: str) -> Step:
    """The step with a record of `state`, the request as it was, for a person."""
    record = Handover(
        request=state.nonce,
        service=state.service or "",
        values=dict(state.values),
        asked=state.asked or "",
        attempts=state.attempts,
        why=why,
        last=heard.text,
        language=state.language,
        at=heard.at,
    )
    said = form.say("handed_over", state, {"number": "{number}"})
    return replace(step, effects=(*step.effects, ToPerson(record, said)))
