"""Words in Latin letters whose language is known: the state's schemes and papers, and English.

The model of `nlu.classifier.language` reads letters. It takes "rythu bharosa" for Hindi and "bus
ticket" for anything, since people say both in all languages. What a word is called by, a list
knows better (`data/lexicon/languages.yml`). English words are also those that the catalogue's
English utterances use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import regex

from nlu.catalogue import Catalogue
from nlu.slots.words import Phrases, Words, words
from nlu.text import normalise

ENGLISH = "en"
NUMBER, SAID_BY_ALL, UNKNOWN = "number", "all", "unknown"  # in place of a language
_LATIN = regex.compile(r"[a-z]+(?:'[a-z]+)?")
_LEAST_SHARE = 0.05  # of the utterances with an English word, those that are English
_OFTEN, _OWN_SHARE = 3, 0.95  # utterances with a word, and the share that one language has of them


@dataclass(frozen=True)
class Votes:
    """How many words there are `by_language`; `tells` is whether any is more than a name, or an
    English noun that all languages use."""

    by_language: Mapping[str, int]
    tells: bool


@dataclass(frozen=True)
class LanguageWords:
    """`terms` maps words and names to the language they belong to, `own` words that are used in one
    language only; `english` are English words."""

    terms: Phrases[str]
    own: Mapping[str, str]
    english: frozenset[str]

    def votes(self, text: str) -> Votes:
        """How many words of each language a text holds. English nouns count only where every word
        is English: people say "bus ticket" in the middle of all languages."""
        tokens = words(normalise(text).text.lower())
        found: Counter[str] = Counter()
        at, names, longer = 0, 0, 0
        while at < len(tokens):
            used, language, is_name = self._word(tokens, at)
            found[language] += used
            names += used if is_name else 0
            longer += used - 1
            at += used
        shared, unknown = found.pop(SAID_BY_ALL, 0), found.pop(UNKNOWN, 0)
        del found[NUMBER]
        tells = bool(unknown) or sum(found.values()) > names
        if not unknown and found.keys() <= {ENGLISH}:
            found[ENGLISH] += shared + 1  # that nothing else is said tells as much as a word
        elif found[ENGLISH]:
            found[ENGLISH] += longer  # an English sentence may hold a name of two words
        return Votes(found, tells)

    def _word(self, tokens: Words, at: int) -> tuple[int, str, bool]:
        """How many words are one here, their language, and whether they are a name."""
        word = tokens[at].text
        named = self.terms.match(tokens, at)
        if named is not None:
            return named[0], named[2], named[0] > 1 or word not in self.own
        if not word.isalpha():
            return 1, NUMBER, False
        own = self.own.get(word)
        return 1, own or (SAID_BY_ALL if word in self.english else UNKNOWN), False


def language_words(lexicon: Mapping[str, Iterable[str]], catalogue: Catalogue) -> LanguageWords:
    """From the lists by language, and the words of the catalogue's utterances."""
    terms = [(word, code) for code, some in lexicon.items() if code != ENGLISH for word in some]
    english = {word.lower() for word in lexicon.get(ENGLISH, ())}
    listed = frozenset(english)
    said = _said(catalogue)
    every: Counter[str] = Counter()
    for words_of in said.values():
        every.update(words_of)
    own: dict[str, str] = {}
    for code, words_of in said.items():
        share = {word: count / every[word] for word, count in words_of.items()}
        often = {word for word, count in words_of.items() if count >= _OFTEN}
        if code == ENGLISH:
            english |= {word for word in share if share[word] >= _LEAST_SHARE}
        else:
            often -= listed
        own.update((word, code) for word in often if share[word] >= _OWN_SHARE)
    return LanguageWords(Phrases(terms), own, frozenset(english))


def _said(catalogue: Catalogue) -> dict[str, Counter[str]]:
    """In how many utterances of each language a word in Latin letters occurs."""
    said: dict[str, Counter[str]] = {}
    trained = [one.utterances for one in catalogue.services.values()]
    trained += [one.utterances for one in catalogue.conversation.values()]
    for utterances in trained:
        for key, rows in utterances.items():
            known = catalogue.languages.keys.get(key)
            if known is not None and known.script == "Latn":
                counts = said.setdefault(known.language, Counter())
                counts.update(w for row in rows for w in set(_LATIN.findall(row.text.lower())))
    return said
