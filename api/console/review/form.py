"""What a reader sent as a decision."""

from __future__ import annotations

from collections.abc import Mapping

from api.review.decision import NEW, SPLIT, Decision, Part, Targets, WrongDecision, marked, one
from api.review.state import SKIP
from nlu.catalogue.marks import MarkError, parse_marks
from nlu.catalogue.rules.utterances import OUT_OF_SCOPE

_SERVICE = "service:"


def decision_of(sent: Mapping[str, str], words: str, targets: Targets) -> Decision:
    """The decision of a form; `words` are the card's. Raises WrongDecision."""
    choice = sent.get("choice", "")
    if choice == SKIP:
        return Decision(SKIP)
    if choice == NEW:
        return Decision(NEW, name=" ".join(sent.get("name", "").split()))
    if choice == SPLIT:
        parts = [Part(sent.get(f"text_{n}", ""), sent.get(f"service_{n}", "")) for n in "12"]
        return Decision(SPLIT, tuple(_own(part, targets) for part in parts))
    if choice == OUT_OF_SCOPE:
        return one(marked(words, ()), OUT_OF_SCOPE)
    if not choice.startswith(_SERVICE):
        raise WrongDecision(f"`{choice}` is no decision")
    text = sent.get("text") or marked(words, ())
    part = _own(Part(text, choice[len(_SERVICE) :]), targets)
    if part.plain != marked(words, ()):
        raise WrongDecision("the words of the message must stay as they are: only marks are added")
    return one(part.text, part.service)


def _own(part: Part, targets: Targets) -> Part:
    """Without marks of slots that the service does not have: the model's suggestions are those of
    the service that it took for the likeliest."""
    try:
        plain, marks = parse_marks(part.text)
    except MarkError as error:
        raise WrongDecision(f"{error.what}; {error.mend}") from None
    slots = targets.slots.get(part.service, ())
    kept = [(mark.start, mark.end, mark.slot) for mark in marks if mark.slot in slots]
    return Part(marked(plain, kept), part.service)
