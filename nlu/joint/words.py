"""Words of a message and what the network sees of each: sub-words and character n-grams.

A word is a run without spaces, with punctuation at its ends cut off into words of their own, so
that a slot value never drags a full stop along. Positions are characters of the text given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex

from nlu.classifier.char_ngrams import BITS, ngram_buckets
from nlu.encoder.sub_words import SubWords
from nlu.text import fold

NGRAMS = 1 << 15
MAX_NGRAMS = 24
MAX_WORDS = 64
_WORD = regex.compile(r"[^\s\p{P}\p{S}]+(?:[^\s]*[^\s\p{P}\p{S}])?|[\p{P}\p{S}]")


@dataclass(frozen=True)
class Prepared:
    """Arrays of one message. W words, T sub-words with the two special ones at the ends.

    ids: (T,) int64. first: (W,) int64, each word's first place in `ids`. ngrams:
    (W, MAX_NGRAMS) int64, 0 where there is none. words: start and end of each word in the text.
    """

    ids: np.ndarray
    first: np.ndarray
    ngrams: np.ndarray
    words: tuple[tuple[int, int], ...]


def split(text: str) -> list[tuple[int, int]]:
    """Start and end of each word, at most MAX_WORDS."""
    return [found.span() for found in _WORD.finditer(text)][:MAX_WORDS]


class WordReader:
    """Prepares messages; the n-grams of words are remembered, as most words come again."""

    def __init__(self, sub_words: SubWords) -> None:
        """`sub_words` of the encoder."""
        self._sub_words = sub_words
        self._known: dict[str, np.ndarray] = {}

    def read(self, text: str) -> Prepared:
        """The arrays of one message; an empty one has a single empty word."""
        return self.read_many([text])[0]

    def read_many(self, texts: Sequence[str]) -> list[Prepared]:
        """The arrays of many messages."""
        return [self._prepared(text, *self._sub_words.read(text)) for text in texts]

    def _prepared(self, text: str, ids: list[int], ends: list[int]) -> Prepared:
        first: list[int] = []
        words: list[tuple[int, int]] = []
        token = 0
        for start, end in split(text) or [(0, 0)]:
            while token < len(ends) and ends[token] <= start:
                token += 1
            if token == len(ends) and words:  # cut off
                break
            first.append(min(token, len(ends) - 1))
            words.append((start, end))
        ngrams = np.stack([self._ngrams(text[start:end]) for start, end in words])
        return Prepared(
            np.asarray(ids, np.int64), np.asarray(first, np.int64), ngrams, tuple(words)
        )

    def _ngrams(self, word: str) -> np.ndarray:
        known = self._known.get(word)
        if known is None:
            known = word_ngrams(word)
            if len(self._known) < 200_000:
                self._known[word] = known
        return known


def word_ngrams(word: str) -> np.ndarray:
    """Buckets (MAX_NGRAMS,) from 1 of a word's n-grams, as written and as it sounds; 0 pads.

    The sound is `nlu.text.fold`, so that a name has n-grams in common in all scripts.
    """
    written = ngram_buckets(word.lower(), 3, 4, "w")
    sound = ngram_buckets(fold(word), 2, 4, "s")
    shape = ngram_buckets(_shape(word), 3, 6, "h")
    found = np.concatenate([sound[:14], written[:8], shape[:2]])[:MAX_NGRAMS]
    out = np.zeros(MAX_NGRAMS, np.int64)
    out[: len(found)] = 1 + (found >> (BITS - 15)) % (NGRAMS - 1)
    return out


def _shape(word: str) -> str:
    """Digits as 0, other letters as x: what kind of thing a word is."""
    return "".join("0" if c.isdigit() else "x" if c.isalpha() else c for c in word)[:6]


def padded(rows: Sequence[Prepared], pad: int) -> dict[str, np.ndarray]:
    """A batch: input_ids, attention_mask (n, T), first (n, W), ngrams (n, W, MAX_NGRAMS)."""
    tokens = max(len(row.ids) for row in rows)
    words = max(len(row.first) for row in rows)
    ids = np.full((len(rows), tokens), pad, np.int64)
    mask = np.zeros((len(rows), tokens), np.int64)
    first = np.zeros((len(rows), words), np.int64)
    ngrams = np.zeros((len(rows), words, MAX_NGRAMS), np.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row.ids)] = row.ids
        mask[at, : len(row.ids)] = 1
        first[at, : len(row.first)] = row.first
        ngrams[at, : len(row.first)] = row.ngrams
    return {"input_ids": ids, "attention_mask": mask, "first": first, "ngrams": ngrams}
