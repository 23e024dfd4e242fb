"""Few-shot draws: as many messages of each intent as asked for, drawn as MTEB draws them."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from benchmarks.massive_few_shot import draw
from nlu.joint.examples import Example

EXAMPLES = [
    Example(f"{word} {number}", intent)
    for intent, words, count in (
        ("alarm_set", ("అలారం పెట్టు", "alarm pettu"), 10),
        ("play_music", ("गाना चलाओ", "gaana chalao"), 6),
        ("general_greet", ("hello",), 3),
    )
    for word in words
    for number in range(count)
]


@pytest.mark.parametrize("shots", [1, 4, 8])
def test_draw_takes_so_many_of_each_intent_or_all_it_has(shots: int) -> None:
    draws = list(draw(EXAMPLES, shots, 3))
    assert len(draws) == 3
    for rows in draws:
        assert len(set(rows)) == len(rows)
        found = Counter(EXAMPLES[i].intent for i in rows)
        assert found == {
            "alarm_set": shots,
            "play_music": shots,
            "general_greet": min(shots, 3),
        }


def test_draws_differ_and_come_back_the_same() -> None:
    first, second = list(draw(EXAMPLES, 4, 3)), list(draw(EXAMPLES, 4, 3))
    assert first == second
    assert len({tuple(sorted(rows)) for rows in first}) == 3


def test_draw_is_that_of_mteb() -> None:
    """AbsTaskClassification._undersample_data of MTEB 1.38.9, with its global seed of 42."""
    labels = [e.intent for e in EXAMPLES]
    state = np.random.get_state()
    try:
        np.random.seed(42)
        order = np.arange(len(labels))
        expected = []
        for _ in range(3):
            np.random.shuffle(order)
            seen: dict[str, int] = defaultdict(int)
            rows = []
            for i in order:
                if seen[labels[i]] < 4:
                    rows.append(int(i))
                    seen[labels[i]] += 1
            expected.append(rows)
    finally:
        np.random.set_state(state)
    assert list(draw(EXAMPLES, 4, 3)) == expected
