"""A village at the question for a town: told that the service is for towns, and whom to ask.

Words are `villages` in `data/dialogue.yml`.
"""

from __future__ import annotations

from actions.dialogue import cues
from actions.dialogue.form import Form
from actions.dialogue.state import Heard, State
from actions.dialogue.steps import Step, saying


def no_town(form: Form, state: State, heard: Heard) -> Step | None:
    """What is said to a village, with the question again; no attempt is counted. None elsewhere."""
    slot, known = form.asked_slot(state), form.settings.villages
    if slot is None or slot.name != state.asked or slot.type.name not in known.types:
        return None
    other = heard.kind == "route" and heard.options[:1] not in ((), (state.service,))
    if heard.tapped or (other and heard.confidence >= form.settings.switch_confidence):
        return None
    if cues.said(heard.text, {"village": known.village, "town": known.town}) != {"village"}:
        return None
    state = form.follow(state, heard)
    return saying(state, form.say("village_no_town", state))
