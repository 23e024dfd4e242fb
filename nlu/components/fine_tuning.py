"""Training examples for the joint network, and which of them are held back as development part.

A model has seen what it was trained on, so its scores there say nothing about how sure it is. The
catalogue's development sentences are kept from it: on these its scores are calibrated. A catalogue
without any gives a share of its utterances instead, chosen by a hash of their text.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Any, Dict, List

from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.augment import Augmenter
from nlu.catalogue import Catalogue
from nlu.catalogue.model import Mark, Utterance
from nlu.components.training_message import COPY, HELD_BACK, KEY, SOURCE
from nlu.joint.examples import Example, Span, normalised
from nlu.text.romanisation import romanisers


def facts(message: Message) -> Dict[str, Any]:
    """What the importer left on a training example."""
    found: Dict[str, Any] = (message.get("metadata") or {}).get("example", {})
    return found


def held_back(message: Message, share: float) -> bool:
    """Whether a message, or the one that it is a copy of, belongs to the development part: marked
    as held back, or within the `share` that is taken where nothing is marked."""
    if HELD_BACK in facts(message):
        return True
    text = facts(message).get(SOURCE) or message.get(TEXT)
    digest = hashlib.sha256(f"{message.get(INTENT)}\n{text}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < share


def share_of(messages: List[Message], share: float) -> float:
    """0 where the catalogue itself holds messages back, otherwise `share`."""
    return 0.0 if any(HELD_BACK in facts(m) for m in messages) else share


def learned_from(messages: List[Message], share: float) -> List[Example]:
    """What the network learns from: no copies, as it varies examples itself, and no
    development part (but at least one example of every intent)."""
    originals = [m for m in messages if m.get(TEXT) and m.get(INTENT) and COPY not in facts(m)]
    share = share_of(messages, share)
    kept = [m for m in originals if not held_back(m, share)]
    missing = {m.get(INTENT) for m in originals} - {m.get(INTENT) for m in kept}
    kept += [m for m in originals if m.get(INTENT) in missing]
    return [_example(m) for m in kept]


def _example(message: Message) -> Example:
    spans = tuple(Span(e["start"], e["end"], e["entity"]) for e in message.get(ENTITIES, []) or ())
    key = str(facts(message).get(KEY, ""))
    return Example(message.get(TEXT), message.get(INTENT), spans, key)


def varying(
    known: Catalogue, plan: Dict[str, float]
) -> Callable[[Example, random.Random], Example]:
    """A function that varies an example anew each time, by the kinds of `plan`."""
    augmenter = Augmenter(known, romanisers(known.root / "romanisation"), plan)

    def vary(example: Example, chance: random.Random) -> Example:
        marks = tuple(Mark(s.start, s.end, s.label, None) for s in example.spans)
        utterance = Utterance(example.text, marks, 0)
        drawn = augmenter.sample(
            utterance, example.language, example.intent, chance.getrandbits(32)
        )
        spans = tuple(Span(mark.start, mark.end, mark.slot) for mark in drawn.marks)
        return normalised(Example(drawn.text, example.intent, spans, example.language))

    return vary
