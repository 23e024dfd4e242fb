"""Finds a decoder's loop: the same few words over and over, which a beam never leaves again."""

from __future__ import annotations

import zlib

import regex

_WORD = regex.compile(r"[\p{L}\p{M}]+")


def is_loop(
    text: str, *, repeats: tuple[int, ...], share: float, max_compression_ratio: float
) -> bool:
    """Whether n words repeat `repeats[n - 1]` times in a row and fill `share` of the text.

    Digits do not count: a citizen may well say a number with five zeros.
    """
    words = _WORD.findall(text.lower())
    for size, least in enumerate(repeats, start=1):
        if _longest_run(words, size) >= max(least * size, share * len(words)):
            return True
    return _compression_ratio(text) > max_compression_ratio


def _longest_run(words: list[str], size: int) -> int:
    """Words in the longest stretch in which each word equals the one `size` before it."""
    longest = run = 0
    for earlier, later in zip(words, words[size:]):
        run = run + 1 if earlier == later else 0
        longest = max(longest, run)
    return longest + size if longest else 0


def _compression_ratio(text: str) -> float:
    data = text.encode("utf-8")
    return len(data) / len(zlib.compress(data)) if data else 0.0
