"""A switch to another service taken back: "no", "go back", "back to electricity".

What was left goes on where it was. Right after the switch any word of going back does it, the
words that made the switch return to the question that was open, and the other request is dropped.
Later the one that is meant must be named; the other is then kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from actions.dialogue import answers, cues, drafts
from actions.dialogue.form import Form
from actions.dialogue.state import SWITCH, Draft, Heard, State, Undo
from actions.dialogue.steps import Step
from nlu.slots.kind import kind_of
from nlu.slots.words import words
from nlu.text import fold

_SHORTEST = 3  # letters of a word, by sound, that can name a service


def noted(before: State, heard: Heard, step: Step) -> Step:
    """With what the next message could take back: the request that this one left for another."""
    state = step.state
    left = any(one.nonce == before.nonce for one in state.kept) and before.open
    if left and state.open and state.service != before.service:
        asked_first = heard.tapped or (before.asked or "").startswith(SWITCH)
        undo = Undo(before.nonce) if asked_first else Undo(before.nonce, heard.text, heard.by_voice)
        return replace(step, state=replace(state, undo=undo))
    if state.undo is not None:
        return replace(step, state=replace(state, undo=None))
    return step


def undone(form: Form, state: State, heard: Heard) -> Step | None:
    """The step back to a request that was left; None where the message asks for none."""
    if heard.tapped or not state.kept or not heard.surely_meant(form.settings.voice_sure):
        return None
    named = _named(form, state, heard)
    if named is not None:
        return _back_to(form, form.follow(state, heard), named, heard)
    last = next((one for one in state.kept if state.undo and one.nonce == state.undo.nonce), None)
    if last is None or not _takes_back(form, state, heard):
        return None
    return _back_to(form, form.follow(state, heard), last, heard)


def _takes_back(form: Form, state: State, heard: Heard) -> bool:
    """Whether the message says no to a switch, or to go back; an answer to the new question, such
    as the "no" of a choice, does not."""
    slot = form.asked_slot(state)
    if slot is not None and not kind_of(slot.type).any_words and form.fits(state, heard.text):
        return False
    said_no = heard.kind == "conversation" and heard.intent == "deny"
    return said_no or cues.is_command(heard.text, form.settings, ("back", "undo"))


def _back_to(form: Form, state: State, draft: Draft, heard: Heard) -> Step:
    """The draft is open again. One that was begun by mistake is dropped."""
    undo = state.undo if state.undo and state.undo.nonce == draft.nonce else None
    left = state if undo else drafts.left(state, draft.service, form.settings)
    step = form.go_on(left, draft)
    if undo is None or not undo.text or not step.state.open:
        return step
    words_ = undo.text
    if not form.fits(step.state, words_) and not form.found(draft.service, words_, draft.values):
        return step
    # What was understood of "no" says nothing about the words that are heard again.
    again = replace(heard, text=words_, intent="", kind="", options=(), answer={}, about=())
    return answers.answer(form, step.state, again).after_saying(*step.replies)


def _named(form: Form, state: State, heard: Heard) -> Draft | None:
    """The request that a message names beside a word of going back: "back to electricity"."""
    text = cues.clean(heard.text)
    found = cues.spot(text, cues.lookup(form.settings, "return"))
    if not found:
        return None
    spans = [(one.start, one.end) for one in found]
    rest = [w for w in words(text) if not any(a <= w.start < b for a, b in spans)]
    said = {fold(word.text) for word in rest} - _sounds(form.settings.corrections.filler)
    here = _title(form, state.service) if state.open else set()
    scored = [(len(said & (_title(form, one.service) - here)), one) for one in state.kept]
    best = max(scored, key=lambda pair: pair[0])
    return best[1] if best[0] else None


def _title(form: Form, name: str | None) -> set[str]:
    """The words of a service's titles in all languages, by sound."""
    service = form.catalogue.services.get(name or "")
    if service is None:
        return set()
    titles = (*service.title.values(), *service.menu.values(), service.name.replace("_", " "))
    return _sounds(titles)


def _sounds(texts: Iterable[str]) -> set[str]:
    return {
        sound
        for text in texts
        for word in words(cues.clean(text))
        if len(sound := fold(word.text)) >= _SHORTEST
    }
