"""Which of the utterance keys a message is written in: script first, then the shipped model.

Telugu and Devanagari letters decide by themselves. Among messages in Latin letters a small model
(`nlu.classifier.language_model`) tells romanised Telugu, romanised Hindi and English apart; the
language a citizen used before counts as prior evidence. A code-mixed message takes the key of the
language that carries its grammar, and is marked as mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nlu.classifier.language_model import MIX, LanguageModel
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
    second script that makes a message mixed.
    """

    keys: tuple[Key, ...]
    model: LanguageModel
    prior_weight: float
    native_share: float
    mixed_share: float
    default_language: str

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
        about who writes as their history does."""
        chances = dict(zip(self.model.labels, self.model.probabilities(text)))
        keys = [k for k in self.keys if k.key in chances]
        odds = np.asarray(
            [
                (chances[k.key] + chances.get(k.key + MIX, 0.0))
                * (self.prior_weight if before and k.language == before.language else 1.0)
                * (self.prior_weight if k.language in own_script else 1.0)
                for k in keys
            ]
        )
        odds /= odds.sum()
        at = int(odds.argmax())
        key = keys[at]
        two_scripts = max(own_script.values(), default=0.0) >= self.mixed_share
        english_nouns = bool(chances.get(key.key + MIX, 0.0) > chances[key.key])
        return LanguageGuess(
            key.key, key.language, float(odds[at]), "Latn", two_scripts or english_nouns
        )


def _words_share(text: str) -> dict[str, float]:
    """Shares of scripts without the words that hold digits: `RTC26110001` is of no language."""
    return shares(" ".join(w for w in text.split() if not any(c.isdigit() for c in w)))
