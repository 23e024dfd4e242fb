"""Tags of words and the best sequence of them."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlu.joint.examples import Example, Span, normalised
from nlu.joint.tags import allowed, spans_of, tag_names, tags_of, viterbi
from nlu.joint.words import split

MESSAGES = [
    ("తిరుపతికి రేపు రెండు టికెట్లు కావాలి", [("తిరుపతికి", "to_stop"), ("రేపు", "travel_date")]),
    ("repu tirupatiki rendu tickets", [("repu", "travel_date"), ("tirupatiki", "to_stop")]),
    ("कल विजयवाड़ा से हैदराबाद, दो टिकट", [("कल", "travel_date"), ("विजयवाड़ा", "from_stop")]),
    ("kal vijayawada se do ticket", [("kal", "travel_date"), ("vijayawada", "from_stop")]),
    ("two tickets to Hyderabad MGBS.", [("Hyderabad MGBS", "to_stop")]),
]


def _spans(text: str, marks: list[tuple[str, str]]) -> tuple[Span, ...]:
    return tuple(Span(text.index(s), text.index(s) + len(s), label) for s, label in marks)


def test_spans_of_whole_words_come_back_in_every_key() -> None:
    for text, marks in MESSAGES:
        spans = _spans(text, marks)
        words = split(text)
        assert spans_of(words, tags_of(words, spans)) == list(spans), text


def test_two_values_of_one_slot_side_by_side_stay_two() -> None:
    words = split("karnool nandyal")
    spans = (Span(0, 7, "place"), Span(8, 15, "place"))
    assert tags_of(words, spans) == ["B-place", "B-place"]
    assert spans_of(words, ["B-place", "B-place"]) == list(spans)


def test_an_inside_without_a_beginning_begins() -> None:
    words = split("a b c")
    assert spans_of(words, ["O", "I-x", "I-y"]) == [Span(2, 3, "x"), Span(4, 5, "y")]


def test_only_its_own_beginning_or_inside_precedes_an_inside() -> None:
    names = tag_names(["b", "a"])
    assert names == ["O", "B-a", "I-a", "B-b", "I-b"]
    table = allowed(names)
    assert [names[i] for i in np.flatnonzero(table[:, names.index("I-b")])] == ["B-b", "I-b"]
    assert table[:, names.index("B-a")].all()


@given(
    st.integers(1, 4),
    st.integers(2, 4),
    st.integers(0, 2**31),
)
def test_viterbi_finds_the_best_of_all_sequences(words: int, tags: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    emissions = draw.normal(size=(words, tags))
    transitions, start = draw.normal(size=(tags, tags)), draw.normal(size=tags)

    def score(path: tuple[int, ...]) -> float:
        total = start[path[0]] + sum(emissions[i, tag] for i, tag in enumerate(path))
        return float(total + sum(transitions[a, b] for a, b in pairwise(path)))

    best = max(product(range(tags), repeat=words), key=score)
    assert tuple(viterbi(emissions, transitions, start)) == best


def test_normalising_moves_the_spans_along() -> None:
    example = Example("తేదీ  ౧౫\u200c మార్చి", "x", (Span(6, 8, "day"),))
    moved = normalised(example)
    (span,) = moved.spans
    assert moved.text[span.start : span.end] == "15"
