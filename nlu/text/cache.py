"""A cache for functions of a text.

Citizens write the same words and short sentences again and again, so many results are kept.
A long text comes only once, but several readers look at it one after the other. Only the last few
long texts are kept, so that one sender cannot fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

from nlu.paths import folder_in_use

WORD, SENTENCE = 48, 300  # characters of a word and of a sentence; longer texts are long
_LONG = 8  # long texts that are kept: of one message, and of its views
T = TypeVar("T")


def kept(most: int, longest: int = WORD) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Keeps the last `most` results of a function for texts of up to `longest` characters. A result
    counts for the data in use: the words of one release are no result for another."""

    def decorated(function: Callable[[str], T]) -> Callable[[str], T]:
        def of_data(_data: Path | None, text: str) -> T:
            return function(text)

        short, long = lru_cache(maxsize=most)(of_data), lru_cache(maxsize=_LONG)(of_data)

        @wraps(function)
        def answer(text: str) -> T:
            return (short if len(text) <= longest else long)(folder_in_use(), text)

        return answer

    return decorated
