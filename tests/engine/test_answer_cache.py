"""Answers are kept by exact text and language, for as long as "tomorrow" means the same."""

from __future__ import annotations

import pytest

from nlu.engine.answer_cache import AnswerCache

TEXTS = {
    "te": "రేపు బస్సు",
    "te-Latn": "repu bus",
    "hi": "कल की बस",
    "hi-Latn": "kal ki bus",
    "en": "bus tomorrow",
}
MIDNIGHT_IN_INDIA = 1_764_009_000.0  # 2025-11-25 00:00 +05:30


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("key", TEXTS)
def test_the_same_question_finds_its_answer(key: str) -> None:
    cache = AnswerCache(2, Clock(MIDNIGHT_IN_INDIA))
    cache.put(cache.key(TEXTS[key], None), {"text": TEXTS[key]})
    assert cache.get(cache.key(TEXTS[key], None)) == {"text": TEXTS[key]}
    assert cache.get(cache.key(TEXTS[key], "te")) is None
    assert cache.get(cache.key(TEXTS[key] + " ", None)) is None


@pytest.mark.parametrize("key", TEXTS)
def test_an_answer_does_not_outlive_its_day(key: str) -> None:
    clock = Clock(MIDNIGHT_IN_INDIA - 1)
    cache = AnswerCache(2, clock)
    cache.put(cache.key(TEXTS[key], None), {})
    clock.now += 1
    assert cache.get(cache.key(TEXTS[key], None)) is None


def test_what_was_used_longest_ago_is_forgotten() -> None:
    cache = AnswerCache(2, Clock(0.0))
    keys = [cache.key(text, None) for text in "abc"]
    cache.put(keys[0], {"n": 0})
    cache.put(keys[1], {"n": 1})
    cache.get(keys[0])
    cache.put(keys[2], {"n": 2})
    assert [cache.get(key) is not None for key in keys] == [True, False, True]


def test_size_nought_keeps_nothing() -> None:
    cache = AnswerCache(0, Clock(0.0))
    cache.put(cache.key("a", None), {})
    assert cache.get(cache.key("a", None)) is None
