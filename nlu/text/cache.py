"""What was worked out for a text, kept for whoever asks next.

Citizens write the same words and short sentences again and again. A long text comes once, and is
asked about by one reader after the other: of those only the last few are kept, so that no stranger
fills the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

WORD, SENTENCE = 48, 300  # characters of what is not long
_LONG = 8  # long texts that are kept: of one message, and of its views
T = TypeVar("T")


def kept(most: int, longest: int = WORD) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Keeps the last `most` answers of a function of a text of up to `longest` characters."""

    def decorated(function: Callable[[str], T]) -> Callable[[str], T]:
        short = lru_cache(maxsize=most)(function)
        long = lru_cache(maxsize=_LONG)(function)

        @wraps(function)
        def answer(text: str) -> T:
            return short(text) if len(text) <= longest else long(text)

        return answer

    return decorated
