"""Finds a prompt's sentences in a text: Whisper writes them when it heard nothing it knows."""

from __future__ import annotations

import regex
from rapidfuzz import fuzz

_SENTENCE_END = regex.compile(r"[.!?।]+")
_NOT_LETTER = regex.compile(r"[^\p{L}\p{M}]+")


def leaks(text: str, prompt: str, *, similarity: float, letters: int) -> bool:
    """Whether a sentence of `text` is (nearly) one of `prompt`'s, or a long run of letters is."""
    prompt_sentences = [s for s in map(_letters, _SENTENCE_END.split(prompt)) if s]
    for sentence in map(_letters, _SENTENCE_END.split(text)):
        if len(sentence) < letters:
            continue
        if any(fuzz.ratio(sentence, known) >= similarity for known in prompt_sentences):
            return True
    return _shared_run(_letters(text), _letters(prompt), letters)


def _letters(text: str) -> str:
    return str(_NOT_LETTER.sub("", text.lower()))


def _shared_run(text: str, prompt: str, length: int) -> bool:
    """Whether `length` letters in a row of `text` are in `prompt`."""
    return any(text[i : i + length] in prompt for i in range(len(text) - length + 1))
