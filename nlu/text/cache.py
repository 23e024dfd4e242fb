"""What was worked out for a text, kept for whoever asks next.

Citizens write the same words and short sentences again and again. A long text comes once, and is
asked about by one reader after the other: of those only the last few are kept, so that no stranger
fills the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

from nlu.paths import folder_in_use

WORD, SENTENCE = 48, 300  # characters of what is not long
_LONG = 8  # long texts that are kept: of one message, and of its views
T = TypeVar("T")


def kept(most: int, longest: int = WORD) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Keeps the last `most` answers of a function of a text of up to `longest` characters. What the
    words of one release say is no answer for another's."""

    def decorated(function: Callable[[str], T]) -> Callable[[str], T]:
        def of_data(_data: Path | None, text: str) -> T:
            return function(text)

        short, long = lru_cache(maxsize=most)(of_data), lru_cache(maxsize=_LONG)(of_data)

        @wraps(function)
        def answer(text: str) -> T:
            return (short if len(text) <= longest else long)(folder_in_use(), text)

        return answer

    return decorated
