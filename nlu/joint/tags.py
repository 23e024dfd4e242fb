"""BIO tags of words, and the best allowed sequence of them.

Tags are `O`, `B-label`, `I-label`. Source of the decoding: Viterbi over the emissions and
transition scores of a linear-chain CRF (Lafferty, McCallum & Pereira 2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nlu.joint.examples import Span

OUTSIDE = "O"


def tag_names(labels: Iterable[str]) -> list[str]:
    """`O` first, then B and I of each label in order."""
    return [OUTSIDE, *(f"{mark}-{label}" for label in sorted(set(labels)) for mark in "BI")]


def tags_of(words: Sequence[tuple[int, int]], spans: Iterable[Span]) -> list[str]:
    """The tag of each word: a word belongs to the span that covers any of its characters."""
    tags = [OUTSIDE] * len(words)
    for span in spans:
        inside = [i for i, (a, b) in enumerate(words) if a < span.end and b > span.start]
        for order, at in enumerate(inside):
            tags[at] = f"{'I' if order else 'B'}-{span.label}"
    return tags


def spans_of(words: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[Span]:
    """Spans of tagged words; an I without its B begins a span."""
    found: list[Span] = []
    previous = OUTSIDE
    for (start, end), tag in zip(words, tags):
        mark, _, label = tag.partition("-")
        if mark == "I" and previous[2:] == label and found:
            found[-1] = Span(found[-1].start, end, label)
        elif tag != OUTSIDE:
            found.append(Span(start, end, label))
        previous = tag
    return found


def allowed(names: Sequence[str]) -> np.ndarray:
    """(tags, tags) True where the second may follow the first: an I only its own B or I."""
    table = np.ones((len(names), len(names)), bool)
    for to, name in enumerate(names):
        if name.startswith("I-"):
            table[:, to] = [other[2:] == name[2:] for other in names]
    return table


def viterbi(emissions: np.ndarray, transitions: np.ndarray, start: np.ndarray) -> list[int]:
    """The best tags of (W, tags) emissions under (tags, tags) transitions; start: (tags,)."""
    score = start + emissions[0]
    back = np.zeros(emissions.shape, np.int32)
    for at in range(1, len(emissions)):
        total = score[:, None] + transitions
        back[at] = total.argmax(axis=0)
        score = total[back[at], np.arange(len(score))] + emissions[at]
    best = [int(score.argmax())]
    for at in range(len(emissions) - 1, 0, -1):
        best.append(int(back[at, best[-1]]))
    return best[::-1]
