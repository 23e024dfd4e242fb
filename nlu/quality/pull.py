"""What in a message speaks for one intent and against another.

Both are linear machines, so the log odds between them are a sum: of what each n-gram of letters
adds, of what the sentence vector adds as a whole, of what the lists of places add, and of where the
two machines begin without any message. N-grams are summed by the words that they lie in; one across
a border counts for each word by its letters. A vector does not fall into words, so each word is
also left out once, and the message understood again: that tells what the word does in all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlu.classifier import char_ngrams, views
from nlu.classifier.linear import LinearModel
from nlu.quality.machine import Machine
from nlu.text import fold, normalise

MOST_LEFT_OUT = 64
"""Words of a message that are left out one by one; each takes five milliseconds."""
_ALIGNED = ("written", "folded", "phrase")
Owners = Sequence[int | None]
"""For each letter of a spelled word the word of the message it comes from; None for a border."""


@dataclass(frozen=True)
class WordPull:
    """`letters`: log odds that the word's letters add for the chosen intent against the rival.
    `without`: probability of the chosen intent when the word is left out; None if it was not."""

    word: str
    letters: float
    without: float | None


@dataclass(frozen=True)
class Pull:
    """The log odds between two intents, and their parts: they sum up to `total`.

    `meaning` is the sentence vector; `places` the lists of places; `rest` spellings that do not
    fall into the words of the message; `start` the odds without any message.
    """

    chosen: str
    rival: str
    total: float
    words: tuple[WordPull, ...]
    meaning: float
    places: float
    rest: float
    start: float


def pull(machine: Machine, text: str, chosen: str, rival: str) -> Pull:
    """The pull of a raw message. Raises KeyError for an intent that the model does not know."""
    model = machine.model
    at = {label: place for place, label in enumerate(model.labels)}
    one, other = at[chosen], at[rival]
    words = normalise(text).text.split()
    weights = _Weights(model, one, other)
    spelt = views.spellings(text, machine.views)
    letters = np.zeros(len(words))
    rest = 0.0
    for name, (low, high) in machine.views.items():
        own, left = _of_view(name, spelt[name], words, (low, high), weights)
        letters += own
        rest += left
    dense = machine.dense(text) * machine.dense_weight
    column = (model.dense_weights[:, one] - model.dense_weights[:, other]) / model.temperature
    kinds = machine.places.kinds(text)
    named = float(weights.of(_bucket(kinds))[0]) if kinds else 0.0
    meaning, start = float(dense @ column), float(model.bias[one] - model.bias[other])
    start /= model.temperature
    return Pull(
        chosen,
        rival,
        float(letters.sum()) + meaning + named + rest + start,
        tuple(
            WordPull(word, float(letters[place]), _without(machine, words, place, one))
            for place, word in enumerate(words)
        ),
        meaning,
        named,
        rest,
        start,
    )


class _Weights:
    """Differences between two labels' weights, as log odds."""

    def __init__(self, model: LinearModel, one: int, other: int) -> None:
        self._columns, rows = model.columns, model.hashed_weights
        values = rows.values[:, one].astype(np.float32) - rows.values[:, other]
        self._weights = values * rows.scales / model.temperature

    def of(self, buckets: np.ndarray) -> np.ndarray:
        """Log odds (buckets,) of a value of 1 in each bucket; 0 for one that no training saw."""
        if not len(self._columns):
            return np.zeros(len(buckets), np.float32)
        at = np.minimum(np.searchsorted(self._columns, buckets), len(self._columns) - 1)
        return np.where(self._columns[at] == buckets, self._weights[at], 0.0)


def _bucket(kinds: Sequence[str]) -> np.ndarray:
    return np.asarray([char_ngrams.bucket("places " + " ".join(kinds))])


def _of_view(
    name: str, spelt: str, words: Sequence[str], lengths: tuple[int, int], weights: _Weights
) -> tuple[np.ndarray, float]:
    """What a view adds: by word of the message, and what falls into no word."""
    low, high = lengths
    pairs = name.endswith("pairs")
    cut = char_ngrams.pairs if pairs else char_ngrams.ngrams
    found = cut([spelt], low, high, name if pairs else name[0])
    _, buckets, values = char_ngrams.weighted([found], 1)
    worth = dict(zip(buckets.tolist(), (values * weights.of(buckets)).tolist()))
    owned = _owned(name, spelt, words)
    by_word = np.zeros(len(words))
    if owned is None:
        return by_word, sum(worth.values())
    often = Counter(found[1].tolist())
    rest = 0.0
    for word, owners in owned:
        for bucket, shares in _shares(word, owners, (low, high), name[0]):
            added = worth[bucket] / often[bucket]
            if not shares:  # a border alone
                rest += added
            for owner, share in shares.items():
                by_word[owner] += share * added
    return by_word, rest


def _owned(name: str, spelt: str, words: Sequence[str]) -> list[tuple[str, Owners]] | None:
    """The spelled words of a view with the owner of each letter; None where the spelling does not
    fall into the words of the message."""
    if name not in _ALIGNED:
        return None
    spell = str if name == "written" else fold
    parts = [(part, at) for at, word in enumerate(words) for part in spell(word.lower()).split()]
    if name == "phrase":
        owners: list[int | None] = []
        for part, at in parts:
            owners += [None] * bool(owners) + [at] * len(part)
        whole = "_".join(part for part, _ in parts)
        return [(whole, owners)] if whole == spelt else None
    if [part for part, _ in parts] != spelt.split():
        return None
    return [(part, [at] * len(part)) for part, at in parts]


def _shares(
    word: str, owners: Owners, lengths: tuple[int, int], prefix: str
) -> Iterator[tuple[int, Mapping[int, float]]]:
    """Each n-gram of a spelled word, with its owners' shares of it by letters."""
    low, high = lengths
    buckets = char_ngrams.ngram_buckets(word, low, high, prefix).tolist()
    padded: Owners = [None, *owners, None]
    places = [
        (start, size)
        for size in range(low, high + 1)
        for start in range(len(padded) - size + 1)
        if size > 1 or padded[start] is not None or 0 < start <= len(word)
    ]
    for bucket, (start, size) in zip(buckets, places):
        own = Counter(owner for owner in padded[start : start + size] if owner is not None)
        whole = sum(own.values())
        yield bucket, {owner: letters / whole for owner, letters in own.items()}


def _without(machine: Machine, words: Sequence[str], place: int, label: int) -> float | None:
    if len(words) < 2 or place >= MOST_LEFT_OUT:
        return None
    left = " ".join((*words[:place], *words[place + 1 :]))
    return float(machine.probabilities(left)[label])
