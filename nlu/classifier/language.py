"""Which of the utterance keys a message is written in: script first, then the shipped model.

Telugu and Devanagari letters decide by themselves. Among messages in Latin letters a small model
tells romanised Telugu, romanised Hindi and English apart; the
language a citizen used before counts as prior evidence. A code-mixed message takes the key of the
language that carries its grammar, and is marked as mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlu.classifier import char_ngrams
from nlu.classifier.language_words import ENGLISH, LanguageWords
from nlu.classifier.linear import softmax
from nlu.text import normalise
from nlu.text.indic_letters import romanise
from nlu.text.script import shares


@dataclass(frozen=True)
class Key:
    """One utterance key of `data/languages.yml`: its language and script."""

    key: str
    language: str
    script: str


@dataclass(frozen=True)
class LanguageGuess:
    """The key of a message, how sure we are (0 to 1), its script (ISO 15924), whether mixed."""

    key: str
    language: str
    confidence: float
    script: str
    mixed: bool = False


@dataclass(frozen=True)
class LanguageIdentifier:
    """Guesses keys.

    `prior_weight` multiplies the odds of the citizen's own language, `native_share` is the share of
    Telugu or Devanagari letters that decides by itself, `mixed_share` the share of letters in a
    second script that makes a message mixed. `words` are those whose language is known; each
    multiplies the odds of its language by `word_weight`.
    """

    keys: tuple[Key, ...]
    model: LanguageModel
    prior_weight: float
    native_share: float
    mixed_share: float
    default_language: str
    words: LanguageWords | None = None
    word_weight: float = 1.0

    def guess(self, text: str, prior: str | None = None) -> LanguageGuess:
        """Guesses from the text and the language the citizen used before, or the key, if known."""
        before = next((k for k in self.keys if prior in (k.key, k.language)), None)
        share = shares(text)
        native = [k for k in self.keys if k.script != "Latn" and share.get(k.script, 0.0) > 0]
        best = max(native, key=lambda k: share[k.script], default=None)
        if best is not None and share[best.script] >= self.native_share:
            mixed = _words_share(text)["Latn"] >= self.mixed_share
            return LanguageGuess(best.key, best.language, share[best.script], best.script, mixed)
        if share["Latn"] == 0.0:
            return self._without_letters(before)
        return self._latin(text, before, {k.language: share[k.script] for k in native})

    def _without_letters(self, before: Key | None) -> LanguageGuess:
        key = before or next(k for k in self.keys if k.language == self.default_language)
        return LanguageGuess(key.key, key.language, 0.0, "Zyyy")

    def _latin(
        self, text: str, before: Key | None, own_script: Mapping[str, float]
    ) -> LanguageGuess:
        """`own_script`: share of the letters in a language's own script. A word in it says as much
        about who writes as their history does. The names of a language's things (schemes, papers)
        count for it, but never against the language of somebody we know: they say them too. English
        alone, which all languages use, counts for somebody unknown."""
        chances = dict(zip(self.model.labels, self.model.probabilities(text)))
        keys = [k for k in self.keys if k.key in chances]
        named = self._named(text, before, own_script)
        weights = [
            (self.prior_weight if before and k.language == before.language else 1.0)
            * (self.prior_weight if k.language in own_script else 1.0)
            for k in keys
        ]
        said = np.asarray([named.get(k.language, 0) for k in keys])
        likely = np.asarray([chances[k.key] + chances.get(k.key + MIX, 0.0) for k in keys])
        with np.errstate(divide="ignore"):  # what the model rules out stays so
            scores = np.log(likely) + np.log(weights) + said * np.log(self.word_weight)
        odds = softmax(scores)  # of logarithms: the words of a page multiply beyond any float
        at = int(odds.argmax())
        key = keys[at]
        two_scripts = max(own_script.values(), default=0.0) >= self.mixed_share
        english_nouns = bool(chances.get(key.key + MIX, 0.0) > chances[key.key])
        return LanguageGuess(
            key.key, key.language, float(odds[at]), "Latn", two_scripts or english_nouns
        )

    def _named(
        self, text: str, before: Key | None, own_script: Mapping[str, float]
    ) -> Mapping[str, int]:
        """Words by language whose language is known. Those of another language than the citizen's
        count for the citizen's too; what is only a name is in the citizen's."""
        if self.words is None:
            return {}
        votes = self.words.votes(text)
        if before is None and not own_script:
            return votes.by_language
        if before is not None and not votes.tells:
            return {before.language: 2}
        others = {code: n for code, n in votes.by_language.items() if code != ENGLISH}
        return others if before is None else {**others, before.language: sum(others.values())}


def _words_share(text: str) -> dict[str, float]:
    """Shares of scripts without the words that hold digits: `RTC26110001` is of no language."""
    return shares(" ".join(w for w in text.split() if not any(c.isdigit() for c in w)))


BITS = 18
BUCKETS = 1 << BITS
LONGEST = 5  # letters of an n-gram, spaces at a word's border included
MIX = "+mix"


def features(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Buckets (int64) of a message's n-grams, and their weights (float32, unit length).

    Letters only, lower case, those of other scripts in rough Latin: digits and punctuation say
    nothing about the language, and an English sentence with one Telugu verb is one sentence.
    """
    lowered = (text if text.isascii() else normalise(text).text).lower()
    words = "".join(c if c.isalpha() or _is_sign(c) else " " for c in lowered).split()
    latin = " ".join(word if word.isascii() else romanise(word) for word in words)
    found = char_ngrams.ngram_buckets(latin, 1, LONGEST, "l") >> (char_ngrams.BITS - BITS)
    buckets, counts = np.unique(found, return_counts=True)
    weights = (1.0 + np.log(counts)).astype(np.float32)
    return buckets, weights / max(float(np.linalg.norm(weights)), 1e-9)


def _is_sign(character: str) -> bool:
    """A vowel sign or virama of Devanagari or Telugu, which `isalpha` does not count."""
    return "\u0900" <= character <= "\u0903" or "\u093a" <= character <= "\u0d7f"


@dataclass(frozen=True)
class LanguageModel:
    """Scores = scale * (weights[buckets] summed by feature weight) + bias.

    `weights` is int8 (BUCKETS, labels), `scale` and `bias` float32 (labels,); `provenance` says
    what it was trained on.
    """

    labels: tuple[str, ...]
    weights: np.ndarray
    scale: np.ndarray
    bias: np.ndarray
    provenance: str = ""

    def probabilities(self, text: str) -> np.ndarray:
        """Probabilities (labels,) of one message."""
        buckets, values = features(text)
        scores = values @ self.weights[buckets].astype(np.float32) * self.scale + self.bias
        return softmax(scores)

    @classmethod
    def quantised(
        cls, labels: tuple[str, ...], weights: np.ndarray, bias: np.ndarray, provenance: str = ""
    ) -> LanguageModel:
        """From float weights (BUCKETS, labels): each label's largest becomes 127."""
        scale = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
        rounded = np.rint(weights / scale).astype(np.int8)
        return cls(labels, rounded, scale.astype(np.float32), bias.astype(np.float32), provenance)

    def save(self, path: Path) -> None:
        """Writes one npz. The same model gives the same bytes."""
        np.savez_compressed(
            path,
            labels=np.asarray(self.labels),
            weights=self.weights,
            scale=self.scale,
            bias=self.bias,
            provenance=np.asarray(self.provenance),
        )

    @classmethod
    def load(cls, path: Path) -> LanguageModel:
        """Reads what `save` wrote. Raises FileNotFoundError."""
        with np.load(path, allow_pickle=False) as data:
            return cls(
                tuple(str(label) for label in data["labels"]),
                data["weights"],
                data["scale"],
                data["bias"],
                str(data["provenance"]),
            )
