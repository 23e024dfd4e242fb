"""The way through one service: each question is answered, and the reply tells of success."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from actions.dialogue.display import label
from benchmarks.talk.answers import load_answers
from nlu.catalogue import Service, shared_catalogue
from nlu.text import shares
from nlu.turn import Reply, payload
from tests.processes import ROOT

CATALOGUE = shared_catalogue(ROOT / "data")
ANSWERS, DONE = load_answers()
SCRIPTS = {key.language: key.script for key in reversed(CATALOGUE.languages.keys.values())}
AADHAAR = "499118665246"

Turn = Callable[[str, bool], Sequence[Reply]]
"""Says a text, or taps the button of that payload; gives the bubbles of WhatsApp."""


def choose(service: Service) -> str:
    """The payload of the button that starts a service."""
    return payload("choose", service=service.name)


def complete(
    service: Service, language: str, replies: Sequence[Reply], turn: Turn
) -> Sequence[Reply]:
    """Answers the questions of a service that has just been chosen. `replies` are those to the
    choice. Returns the replies that end it, and fails where one of them is not as it should be."""
    _speaks(replies, language)
    for slot in service.slots:
        if not slot.required and not service.confirm:
            continue  # services that only tell something ask for what they need
        if slot.suggested_by and slot.required:
            continue  # it follows from the others
        if slot.volunteered:
            continue  # nobody is asked
        asked = (slot.ask or slot.type.ask)[language]
        before = f"{label(slot, language)}: "  # "the same as before?"
        told = replies[-1].text
        assert asked in told or before in told, f"expected the question for {slot.name}: {replies}"
        if not slot.required:
            payloads = [b.payload for b in replies[-1].buttons]
            skip = next((one for one in payloads if '"skip"' in one), payloads[0])
            replies = turn(skip, True)  # a list of the department's has no such button
            continue
        answer = ANSWERS.get(f"{service.name}/{slot.name}") or ANSWERS[slot.name]
        replies = turn(answer[language], False)
        _speaks(replies, language)
        kept = [b.payload for b in replies[-1].buttons if '"keep"' in b.payload]
        if kept:  # "was that the answer, or did you mean another service?"
            replies = turn(kept[0], True)
        right = [b.payload for b in replies[-1].buttons if f'"right/{slot.name}"' in b.payload]
        if right:  # words that may be no answer are read back
            replies = turn(right[0], True)
    if service.confirm:
        yes = next(b.payload for b in replies[-1].buttons if '"yes"' in b.payload)
        assert AADHAAR not in replies[-1].text, "Aadhaar is read back unmasked"
        replies = turn(yes, True)
    _speaks(replies, language)
    words = service.replies[DONE.get(service.name, "ok")][language]
    fixed = max(words.replace("}", "{").split("{")[::2], key=len).strip()
    assert fixed in replies[0].text, f"not the reply for success: {replies[0].text!r}"
    assert "{" not in replies[0].text
    return replies


def _speaks(replies: Sequence[Reply], language: str) -> None:
    said = "\n".join(reply.text for reply in replies)
    assert shares(said).get(SCRIPTS[language], 0) > 0.4, f"not {language}: {said}"
