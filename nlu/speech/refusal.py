"""Decides whether a text of Whisper was really said.

If Whisper does not understand a sound, it writes sentences of its prompt, or it repeats the same
few words: its beam search does not leave such a loop.
"""

from __future__ import annotations

import zlib
from typing import Literal

import regex
from rapidfuzz import fuzz

from nlu.speech.settings import Rejection

_SENTENCE_END = regex.compile(r"[.!?।]+")
_NOT_LETTER = regex.compile(r"[^\p{L}\p{M}]+")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
Refusal = Literal["no_speech", "prompt_leak", "repetition"]


def leaks(text: str, prompt: str, *, similarity: float, letters: int) -> bool:
    """Whether `text` shares a sentence, or nearly one, or a long run of letters with `prompt`."""
    prompt_sentences = [s for s in map(_letters, _SENTENCE_END.split(prompt)) if s]
    for sentence in map(_letters, _SENTENCE_END.split(text)):
        if len(sentence) < letters:
            continue
        if any(fuzz.ratio(sentence, known) >= similarity for known in prompt_sentences):
            return True
    return _shared_run(_letters(text), _letters(prompt), letters)


def is_loop(
    text: str, *, repeats: tuple[int, ...], share: float, max_compression_ratio: float
) -> bool:
    """Whether n words repeat `repeats[n - 1]` times in a row and fill `share` of the text.

    Digits do not count: a citizen may say a number with five zeros.
    """
    words = _WORD.findall(text.lower())
    for size, least in enumerate(repeats, start=1):
        if _longest_run(words, size) >= max(least * size, share * len(words)):
            return True
    return _compression_ratio(text) > max_compression_ratio


def refusal(text: str, prompt: str | None, rules: Rejection) -> Refusal | None:
    """Why `text` was not said, or None if it was."""
    if not text:
        return "no_speech"
    if prompt and leaks(text, prompt, similarity=rules.leak_similarity, letters=rules.leak_letters):
        return "prompt_leak"
    if is_loop(
        text,
        repeats=rules.loop_repeats,
        share=rules.loop_share,
        max_compression_ratio=rules.max_compression_ratio,
    ):
        return "repetition"
    return None


def _letters(text: str) -> str:
    return str(_NOT_LETTER.sub("", text.lower()))


def _shared_run(text: str, prompt: str, length: int) -> bool:
    """Whether `length` consecutive letters of `text` are in `prompt`."""
    return any(text[i : i + length] in prompt for i in range(len(text) - length + 1))


def _longest_run(words: list[str], size: int) -> int:
    """Words in the longest run in which each word equals the one `size` places before it."""
    longest = run = 0
    for earlier, later in zip(words, words[size:]):
        run = run + 1 if earlier == later else 0
        longest = max(longest, run)
    return longest + size if longest else 0


def _compression_ratio(text: str) -> float:
    data = text.encode("utf-8")
    return len(data) / len(zlib.compress(data)) if data else 0.0
