"""Names of places in a free message: spaCy's PhraseMatcher over sounds, then near misses.

Blank te, hi and en pipelines cut the words; each token's NORM is its phonetic spelling, so
all scripts meet. spaCy is imported at first use: reading answers does not need it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from nlu.catalogue import Gazetteer
from nlu.slots.place_index import (
    PlaceIndex,
    common_words,
    everyday_words,
    generic_words,
    place_index,
)
from nlu.slots.result import Hit
from nlu.slots.roles import role_beside
from nlu.text import fold
from nlu.text.endings import Stem, stems
from nlu.text.lexicon import load_lexicon
from nlu.text.script import dominant

_PIPELINES = {"Telu": "te", "Deva": "hi"}
_LONGEST_NEAR = 3  # words of a misspelled name
_SURE = 0.95
_UNSURE = 0.1  # taken off a near miss, so that an exact name always wins
_BUILT: dict[tuple[str, str], tuple[Gazetteer, Any]] = {}


def find_places(gazetteer: Gazetteer, text: str) -> Iterator[Hit]:
    """Places named in a normalised message, with the role their ending or neighbour gives."""
    message = _Message(gazetteer, text)
    yield from message.exact()
    yield from message.near()


def prepare_places(gazetteers: Iterable[Gazetteer]) -> None:
    """Imports spaCy and builds the matchers now."""
    for gazetteer in gazetteers:
        for language in (*_PIPELINES.values(), "en"):
            _matcher(gazetteer, language)


@lru_cache(maxsize=3)
def _pipeline(language: str) -> Any:
    return _spacy().blank(language)


@lru_cache(maxsize=1)
def _spacy() -> Any:
    """spaCy, without the frameworks that its thinc imports where they are installed.

    Blank pipelines need none of them, and they would cost each process seconds and half a gigabyte.
    """
    absent = [name for name in ("torch", "tensorflow", "mxnet") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        import spacy
    finally:
        for name in absent:
            sys.modules.pop(name, None)
    return spacy


def _matcher(gazetteer: Gazetteer, language: str) -> Any:
    """Matcher of the gazetteer's sounds; spaCy wants one for the vocabulary of each pipeline."""
    known = _BUILT.get((gazetteer.name, language))
    if known is None or known[0] is not gazetteer:
        vocab = _pipeline(language).vocab  # before any other import of spaCy, see _spacy
        from spacy.matcher import PhraseMatcher
        from spacy.tokens import Doc

        matcher = PhraseMatcher(vocab, attr="NORM")
        for sounds, place in place_index(gazetteer).phrases.items():
            pattern = Doc(vocab, words=list(sounds))
            for token, sound in zip(pattern, sounds, strict=True):
                token.norm_ = sound
            matcher.add(place.value, [pattern])
        known = (gazetteer, matcher)
        _BUILT[gazetteer.name, language] = known
    return known[1]


class _Message:
    """One message cut into words, and which of them are taken by a place already."""

    def __init__(self, gazetteer: Gazetteer, text: str) -> None:
        self.text = text
        self.gazetteer = gazetteer
        self.index: PlaceIndex = place_index(gazetteer)
        self.language = _PIPELINES.get(dominant(text) or "", "en")
        self.doc = _pipeline(self.language)(text)
        self.cuts: list[tuple[Stem, ...]] = [stems(token.text) for token in self.doc]
        self.taken: set[int] = set()

    def exact(self) -> Iterator[Hit]:
        """Names that sound exactly like a listed one; the longest wins."""
        from spacy.tokens import Span
        from spacy.util import filter_spans

        matcher = _matcher(self.gazetteer, self.language)
        spans: list[Span] = []
        for depth in range(max(map(len, self.cuts), default=0)):
            for token, variants in zip(self.doc, self.cuts, strict=True):
                stem = variants[min(depth, len(variants) - 1)]
                token.norm_ = fold(stem.text) or token.text
            spans += [Span(self.doc, a, b, label=place) for place, a, b in matcher(self.doc)]
        for span in filter_spans(spans):
            stem = self._ending(span.start, span.end, span.label_)
            self.taken.update(range(span.start, span.end))
            yield from self._hit(span.start, span.end, stem, span.label_, _SURE)

    def near(self) -> Iterator[Hit]:
        """Misspelled names among the words that no exact name has taken; fewer words first."""
        threshold = float(load_lexicon("matching")["thresholds"]["message"])
        for length in range(1, min(_LONGEST_NEAR, len(self.doc)) + 1):
            for first in range(len(self.doc) - length + 1):
                if self.taken.intersection(range(first, first + length)):
                    continue
                found = self._nearest(first, first + length, threshold)
                if found is not None:
                    stem, place, score = found
                    yield from self._hit(first, first + length, stem, place, score / 100 - _UNSURE)

    def _nearest(self, first: int, last: int, threshold: float) -> tuple[Stem, str, float] | None:
        if not all(self.doc[i].text[0].isalpha() for i in range(first, last)):
            return None
        shortest = int(load_lexicon("matching")["min_letters"])
        lead = "".join(fold(self.doc[i].text) for i in range(first, last - 1))
        best: tuple[Stem, str, float] | None = None
        for stem in self.cuts[last - 1]:
            sound = lead + fold(stem.text)
            near = self.index.alike(sound, threshold) if len(sound) >= shortest else None
            if near is not None and (best is None or near[1] > best[2]):
                best = (stem, near[0].value, near[1])
        return best

    def _ending(self, first: int, last: int, place: str) -> Stem:
        """The case ending under which the last word completes the name of the place."""
        lead = [self.doc[i].text for i in range(first, last - 1)]
        for stem in self.cuts[last - 1]:
            found = self.index.exact([*lead, stem.text])
            if found is not None and found.value == place:
                return stem
        return self.cuts[last - 1][0]

    def _hit(
        self, first: int, last: int, stem: Stem, place: str, confidence: float
    ) -> Iterator[Hit]:
        """The name's own characters and its role; nothing for an everyday word by itself."""
        token = self.doc[last - 1]
        role = stem.role or role_beside(self.text, self.doc[first].idx, token.idx + len(token))
        if role is None and self._everyday(first, last, stem):
            return
        self.taken.update(range(first, last))
        last, kept = self._proper(first, last, stem, place)
        yield Hit(self.doc[first].idx, self.doc[last - 1].idx + kept, place, confidence, role)

    def _everyday(self, first: int, last: int, stem: Stem) -> bool:
        """True for a word such as kavali, or krishna that no word like "district" follows."""
        following = self.doc[last].text.lower() if last < len(self.doc) else ""
        name = (self.doc[first : last - 1].text + self.doc[last - 1].text[: stem.kept]).lower()
        if name in common_words():
            return following not in generic_words()
        return name in everyday_words()

    def _proper(self, first: int, last: int, stem: Stem, place: str) -> tuple[int, int]:
        """(last word, its characters) of the shortest beginning that names the place by itself.

        "Annavaram Satyanarayana Swamy" is marked as "Annavaram".
        """
        for end in range(first + 1, last):
            found = self.index.exact([token.text for token in self.doc[first:end]])
            if found is not None and found.value == place:
                return end, len(self.doc[end - 1])
        return last, stem.kept
