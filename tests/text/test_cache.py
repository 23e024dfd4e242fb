"""What is kept of words and of long texts."""

from __future__ import annotations

import pytest

from nlu.text.cache import kept


@pytest.fixture
def asked() -> list[str]:
    """Texts that were worked out, in order."""
    return []


def test_a_short_text_is_worked_out_once(asked: list[str]) -> None:
    size = kept(100, 10)(lambda text: asked.append(text) or len(text))  # type: ignore[func-returns-value]
    assert [size("kurnool") for _ in range(3)] == [7, 7, 7]
    assert asked == ["kurnool"]


def test_a_long_text_is_worked_out_once_while_it_is_read(asked: list[str]) -> None:
    size = kept(100, 10)(lambda text: asked.append(text) or len(text))  # type: ignore[func-returns-value]
    assert [size("1" * 4096) for _ in range(3)] == [4096] * 3
    assert len(asked) == 1


def test_many_long_texts_push_each_other_out_and_no_short_one(asked: list[str]) -> None:
    size = kept(100, 10)(lambda text: asked.append(text) or len(text))  # type: ignore[func-returns-value]
    size("kurnool")
    for at in range(50):
        size(f"{at} " * 100)
    asked.clear()
    size("kurnool")
    size("0 " * 100)
    assert asked == ["0 " * 100]
