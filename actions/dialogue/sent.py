"""What a citizen sends besides words in a form: a spot on the map, a photo, a file.

Where a slot takes it, it is the value; else the citizen is told that it was not, and is asked for
words. It never counts as a wrong answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from actions.dialogue.display import filled
from actions.dialogue.form import Form
from actions.dialogue.state import CONFIRM, Heard, State
from actions.dialogue.steps import ASK, Step
from actions.documents import checker
from actions.documents.checker import Checked
from nlu.catalogue import Slot
from nlu.slots.kind import kind_of
from nlu.turn import Reply

ATTACHMENT = "attachment"
_FOUND = {
    checker.REAL: "document_real",
    checker.ALTERED: "document_altered",
    checker.NOT_OURS: "document_not_ours",
    checker.UNKNOWN: "document_unknown",
    checker.VOID: "document_void",
    checker.REPLACED: "document_replaced",
    checker.RUN_OUT: "document_run_out",
}


@dataclass(frozen=True)
class Sent:
    """`kind` is that of a slot type; `value` its value, `words` the same for a slot of text."""

    kind: str
    value: str
    words: str


def sent(heard: Heard) -> Sent | None:
    """What a message carries besides its words."""
    spot, media = heard.message.location, heard.message.media
    if spot:
        at = f"{spot.latitude:.6f},{spot.longitude:.6f}"
        named = any(character.isalpha() for character in heard.text)
        return Sent("location", at, f"{heard.text} ({at})" if named else at)
    if media and not heard.by_voice:
        kind = media.mime_type.partition(";")[0].strip()
        return Sent(ATTACHMENT, f"{kind};{media.id}", "")
    return None


def wordless(heard: Heard) -> bool:
    """Whether a message has nothing to read: a photo without a caption."""
    return not any(character.isalnum() for character in heard.text)


def received(form: Form, state: State, heard: Heard) -> Step | None:
    """The step that something sent leads to; None where only the words count."""
    thing = sent(heard)
    if thing is None:
        return None
    slot = _taking(form, state, thing)
    if slot is not None:
        return _given(form, state, slot, thing)
    document = document_of(heard)
    if document is not None:
        return Step(state, ASK, checked(form, state, document))
    asked = form.asked_slot(state)
    if thing.kind == "location":
        return None if _words_answer(form, asked, heard) else _unused(form, state, "no_spot_here")
    if asked is not None and asked.type.kind == ATTACHMENT:
        return _unused(form, state, "wrong_file")
    return _unused(form, state, "picture_unread") if wordless(heard) else None


def document_of(heard: Heard) -> Checked | None:
    """The document whose code was sent. Where words came along, a code that is none of ours says
    nothing: many things in a photo have one."""
    found = heard.checked
    ours = found is not None and found.found != checker.NOT_OURS
    return found if ours or wordless(heard) else None


def checked(form: Form, state: State, document: Checked) -> tuple[Reply, ...]:
    """What a document is whose code was sent, and where everybody can check it."""
    language = state.language
    values = "\n".join(
        filled(
            form.catalogue.phrases["summary_line"], language, {"slot": label[language], "value": v}
        )
        for label, v in document.values
    )
    fields = {
        "title": document.title.get(language, ""),
        "id": document.id,
        "reason": document.reason.get(language, ""),
        "values": values,
        "url": document.url,
    }
    phrase = _FOUND[document.found]
    return (form.say(phrase, state, fields),)


def _taking(form: Form, state: State, thing: Sent) -> Slot | None:
    """The slot that is asked for and takes it, else the first other that does."""
    slots = sorted(form.service(state).slots, key=lambda slot: slot.name != state.asked)
    fitting = [slot for slot in slots if _value(form, slot, thing) is not None]
    missing = [
        slot for slot in fitting if slot.name == state.asked or slot.name not in state.values
    ]
    return next(iter(missing or fitting), None)


def _value(form: Form, slot: Slot, thing: Sent) -> str | None:
    """The value of a slot, if it takes what was sent."""
    if slot.type.kind == thing.kind:
        fits = not slot.type.accepts or thing.value.partition(";")[0] in slot.type.accepts
        return thing.value if fits else None
    if thing.kind == "location" and slot.type.name in form.settings.pins:
        return thing.words
    return None


def _given(form: Form, state: State, slot: Slot, thing: Sent) -> Step:
    """With the value taken; one that was not asked for is said."""
    value = _value(form, slot, thing) or ""
    step = form.after(form.told(state, {slot.name: value}, spoken=False))
    if slot.name == state.asked or step.state.asked == CONFIRM:
        return step
    return step.after_saying(form.noted(step.state, slot.name))


def _words_answer(form: Form, asked: Slot | None, heard: Heard) -> bool:
    """Whether the name of the spot answers the question: "Government Hospital Guntur"."""
    if asked is None or not any(character.isalpha() for character in heard.text):
        return False
    place = asked.type.kind == "place" or kind_of(asked.type).any_words
    return place and form.read(asked, heard.text) is not None


def _unused(form: Form, state: State, phrase: str) -> Step:
    return Step(state, ASK, (form.say(phrase, state),))
