"""Which messages are almost the same: by keyed hashes of their words, so that neither a table nor
an index holds words that can be read.

A message is found again by its folded words (bad spelling and digits do not count; each language
key has its own), or by those words without one of them. What is found so is compared letter by
letter. So a message costs a few look-ups by key, however many there are.
"""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from api.review.masks import MASKED
from nlu.storage.sealing import keyed_hash
from nlu.text import fold

_DIGITS = re.compile(r"\d+")
_FEWEST = 3
"""Words from which on one may be left out: with two, one word alone would be the same as many."""
_LENGTH = 24  # characters of a hash


def folded(text: str) -> list[str]:
    """The sound of each word, numbers all the same."""
    return _DIGITS.sub("0", fold(MASKED.sub("0", text))).split()


def sound(words: list[str], key: str) -> str:
    """The hash that messages of the same folded words have."""
    return _hash(" ".join(words), key)


def near(words: list[str], key: str, most: int) -> list[str]:
    """The hashes of the words without one of them; none of a message with more than `most`."""
    if not _FEWEST <= len(words) <= most:
        return []
    left = {" ".join((*words[:at], *words[at + 1 :])) for at in range(len(words))}
    return [_hash(one, f"{key} without one") for one in sorted(left)]


def alike(some: list[str], others: list[str]) -> float:
    """Percent of the letters that two messages share, in their order."""
    return float(fuzz.ratio(" ".join(some), " ".join(others)))


def _hash(words: str, key: str) -> str:
    return keyed_hash(f"{key}\n{words}", "review card")[:_LENGTH]
