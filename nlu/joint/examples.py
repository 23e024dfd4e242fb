"""A labelled message, as the trainer and the public benchmarks see it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nlu.text import normalise


@dataclass(frozen=True)
class Span:
    """A slot value: characters `start` to `end` (exclusive) of the text, and the slot's label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Example:
    """A message with its intent and slot values. `language` is for reports only.

    Examples of one `group` (if not empty) say the same in other words or languages.
    """

    text: str
    intent: str
    spans: tuple[Span, ...] = ()
    language: str = ""
    group: str = ""


def normalised(example: Example) -> Example:
    """The example with its text normalised and its spans moved along."""
    clean = normalise(example.text)
    spans = []
    for span in example.spans:
        inside = [i for i, at in enumerate(clean.offsets) if span.start <= at < span.end]
        if inside:
            spans.append(Span(inside[0], inside[-1] + 1, span.label))
    return replace(example, text=clean.text, spans=tuple(spans))
