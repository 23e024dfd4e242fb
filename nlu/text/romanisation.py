"""Native text in Latin letters, spelled as people spell it.

Spellings come from statistics of how people wrote (Dakshina, Roark et al. 2020,
https://arxiv.org/abs/2007.01176), not from rules. Frequent words have their own spellings. A model
spells all other words letter by letter, given the letters around each. `nlu.training.romanisation`
makes both files of a language. `nlu.text.indic_letters.romanise` spells by rules, for hashing.

A letter here is a sound: a consonant, a vowel sign, or `INHERENT`, the vowel of a consonant without
a sign. Hindi often does not speak that vowel, Telugu does. A virama takes it away and is itself no
sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from random import Random

import regex

INHERENT, BORDER = "A", "#"
WINDOWS = ((0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3))
"""Letters before and after that each order of the model sees, from none to most."""
BEFORE, AFTER = 2, 3

Spellings = tuple[tuple[str, float], ...]
"""Spellings of a letter or a word with their weights, likeliest first."""

_WORD = regex.compile(
    r"[\u0900-\u0963\u0971-\u097f\u0c00-\u0c65\u0c70-\u0c7f]"
    r"[\u0900-\u0963\u0971-\u097f\u0c00-\u0c65\u0c70-\u0c7f\u200c\u200d]*"
)
_CONSONANT = regex.compile(r"[\u0915-\u0939\u0958-\u095f\u0978-\u097f\u0c15-\u0c39\u0c58-\u0c5a]")
_VOWEL_SIGN = regex.compile(r"[\u093a\u093b\u093e-\u094c\u094e\u094f\u0c3e-\u0c4c\u0c62\u0c63]")
_VIRAMA = frozenset("\u094d\u0c4d")
_NUKTA = "\u093c"
_WITH_NUKTA = dict(zip("कखगजडढफय", "\u0958\u0959\u095a\u095b\u095c\u095d\u095e\u095f"))
_SILENT = frozenset("\u200c\u200d\u093d\u0c3d")
_ASCII = {ord(digit): str(at % 10) for at, digit in enumerate("०१२३४५६७८९౦౧౨౩౪౫౬౭౮౯")}
_ASCII |= {ord("।"): ".", ord("॥"): "."}


def letters(word: str) -> str:
    """The sounds of a Telugu or Devanagari word, one character each."""
    found: list[str] = []
    open_consonant = False
    for character in word:
        if character == _NUKTA:
            if open_consonant:
                found[-1] = _WITH_NUKTA.get(found[-1], found[-1])
        elif character in _VIRAMA:
            open_consonant = False
        elif character not in _SILENT:
            if open_consonant and not _VOWEL_SIGN.match(character):
                found.append(INHERENT)
            found.append(character)
            open_consonant = bool(_CONSONANT.match(character))
    if open_consonant:
        found.append(INHERENT)
    return "".join(found)


def neighbourhoods(sounds: str) -> list[str]:
    """Each letter with `BEFORE` letters before and `AFTER` behind it, `BORDER` beyond the word."""
    padded = BORDER * BEFORE + sounds + BORDER * AFTER
    return [padded[at : at + BEFORE + 1 + AFTER] for at in range(len(sounds))]


def contexts(neighbourhood: str) -> list[str]:
    """What each order of the model sees of a neighbourhood, from least to most.

    Each begins with its order, so that windows of the same length do not mix.
    """
    return [
        f"{order}{neighbourhood[BEFORE - before : BEFORE + 1 + after]}"
        for order, (before, after) in enumerate(WINDOWS)
    ]


@dataclass(frozen=True)
class LetterModel:
    """How often each letter was spelled in which way, per context.

    The orders are interpolated with a Dirichlet prior: the counts of an order weigh as much as
    their number, all lower orders together as much as `strength` observations. So a rare context
    depends more on shorter ones.
    """

    counts: Mapping[str, Mapping[str, float]]
    strength: float
    _known: dict[str, Spellings] = field(default_factory=dict, repr=False, compare=False)

    def spellings(self, neighbourhood: str) -> Spellings:
        """Spellings of the letter in the middle, with probabilities; empty for unknown letters."""
        known = self._known.get(neighbourhood)
        if known is None:
            known = self._known[neighbourhood] = self._interpolated(neighbourhood)
        return known

    def _interpolated(self, neighbourhood: str) -> Spellings:
        found: dict[str, float] = {}
        for context in contexts(neighbourhood):
            counts = self.counts.get(context)
            if not counts:
                continue
            total = sum(counts.values())
            share = self.strength / (total + self.strength) if found else 0.0
            mixed = {spelling: share * p for spelling, p in found.items()}
            for spelling, count in counts.items():
                mixed[spelling] = mixed.get(spelling, 0.0) + (1 - share) * count / total
            found = mixed
        return tuple(sorted(found.items(), key=lambda row: (-row[1], row[0])))


@dataclass(frozen=True)
class Romaniser:
    """Writes text of one language in Latin letters. `words` are spelled as attested."""

    words: Mapping[str, Spellings]
    model: LetterModel

    @classmethod
    def load(cls, folder: Path, language: str) -> Romaniser:
        """Reads `<language>.words.tsv` and `<language>.letters.tsv` of `data/romanisation`.

        Raises FileNotFoundError for a language without statistics.
        """
        words = read_table(folder / f"{language}.words.tsv")
        counts = read_table(folder / f"{language}.letters.tsv")
        strength = float(dict(counts.pop("strength"))["value"]) if "strength" in counts else 1.0
        return cls(words, LetterModel({c: dict(rows) for c, rows in counts.items()}, strength))

    def best(self, text: str) -> str:
        """The likeliest spelling. Latin words, ASCII digits and punctuation pass unchanged."""
        return self._rewritten(text, lambda spellings: spellings[0][0])

    def sample(self, text: str, random: Random) -> str:
        """A spelling as likely as it is among people: vowels doubled or dropped, `t` for `th`."""

        def drawn(spellings: Spellings) -> str:
            weights = list(accumulate(weight for _, weight in spellings))
            at = random.random() * weights[-1]
            return next((s for (s, _), up_to in zip(spellings, weights) if at < up_to), "")

        return self._rewritten(text, drawn)

    def _rewritten(self, text: str, choose: Callable[[Spellings], str]) -> str:
        latin = _WORD.sub(lambda match: self._word(match.group(), choose), text)
        return latin.translate(_ASCII)

    def _word(self, word: str, choose: Callable[[Spellings], str]) -> str:
        attested = self.words.get(word)
        if attested:
            return choose(attested)
        around = (self.model.spellings(n) for n in neighbourhoods(letters(word)))
        return "".join(choose(spellings) for spellings in around if spellings)


def romanisers(folder: Path) -> dict[str, Romaniser]:
    """By language, for all that have statistics in `folder`."""
    languages = sorted(path.name.split(".")[0] for path in folder.glob("*.words.tsv"))
    return {language: Romaniser.load(folder, language) for language in languages}


def read_table(path: Path) -> dict[str, Spellings]:
    """Rows `key<TAB>spelling:count spelling:count`; `-` is the empty spelling, `;` a comment."""
    table: dict[str, Spellings] = {}
    for line in path.read_text("utf-8").splitlines():
        if line.startswith(";"):
            continue
        key, _, cells = line.partition("\t")
        pairs = (cell.rsplit(":", 1) for cell in cells.split())
        table[key] = tuple(("" if s == "-" else s, float(count)) for s, count in pairs)
    return table
