"""Questions about a service, answered from its file: who may apply, papers, fee, days, where.

The service is the one that the question names, else the one that is open, else the one that was
spoken of last. Outside a form an offer to begin follows; a form goes on where it was.
"""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue.display import filled
from actions.dialogue.form import Form
from actions.dialogue.state import Heard, State
from actions.dialogue.steps import STOP, Informed, Step, cleared, saying
from nlu.catalogue import Service
from nlu.slots.kind import kind_of
from nlu.turn import Button, Reply, payload

_YES_OR_NO = ("affirm", "deny", "cancel")


def answered(form: Form, state: State, heard: Heard) -> Step | None:
    """What the file says of the facts that are asked about; None where the message asks nothing, or
    nobody knows of which service."""
    if not heard.about or (heard.kind == "conversation" and heard.intent in _YES_OR_NO):
        return None
    if state.open and _is_the_answer(form, state, heard):
        return None
    name = _meant(form, state, heard)
    if name is None:
        return None
    state = form.follow(state, heard)
    service = form.catalogue.services[name]
    words = told(form, service, heard.about, state.language)
    state = replace(state, spoken_of=name)
    if state.open:
        return saying(state, Reply(words))
    label = form.catalogue.phrases["apply_button"][state.language]
    button = Button(label, payload("choose", service=name))
    known = replace(cleared(state), spoken_of=name)
    return Step(known, STOP, (Reply(words, (button,)),), (Informed(name),))


def told(form: Form, service: Service, facts: tuple[str, ...], language: str) -> str:
    """The facts asked about under the service's title; who knows the others."""
    said = service.facts.said if service.facts else {}
    lines = [said[fact][language] for fact in facts if fact in said]
    if len(lines) < len(facts):
        lines.append(_who_knows(form, service, language))
    return "\n".join((f"*{service.title[language]}*", *lines))


def _who_knows(form: Form, service: Service, language: str) -> str:
    department = form.catalogue.departments[service.department]
    phrases = form.catalogue.phrases
    helpline = department.helpline or phrases["helpline_default"][language]
    office = department.office or department.title
    return filled(
        phrases["fact_unknown"], language, {"office": office[language], "helpline": helpline}
    )


def _is_the_answer(form: Form, state: State, heard: Heard) -> bool:
    """Whether it is what the form asked for: a number or a date, or a description that asks too."""
    slot = form.asked_slot(state)
    if slot is None or not form.fits(state, heard.text):
        return False
    if not kind_of(slot.type).any_words:
        return True
    told, asks = heard.answer.get("description", 0.0), heard.answer.get("question", 0.0)
    return "description" in form.settings.answers.labels.get(slot.type.name, ()) and told > asks


def _meant(form: Form, state: State, heard: Heard) -> str | None:
    """The service that the question is about."""
    named = heard.options[0] if heard.kind in ("route", "clarify") and heard.options else None
    sure = form.settings.switch_confidence if state.open else 0.0
    if named is not None and heard.kind == "route" and heard.confidence >= sure:
        return named
    known = state.service if state.open else state.spoken_of
    return known if known in form.catalogue.services else None if state.open else named
