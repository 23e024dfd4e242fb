"""Names of places (`place`): of a list, also misspelt.

In a message spaCy's PhraseMatcher finds the names by sound, then near misses are looked for. The
message is cut into words once, whatever the number of lists. Each word stands for its phonetic
spelling, so that all scripts meet in one blank pipeline. spaCy is imported at first use, because
reading answers does not need it.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from nlu.catalogue import Catalogue, Gazetteer, Place, SlotType
from nlu.slots.context import role_beside, role_words
from nlu.slots.kind import Hit, Kind, Parsed, Rejected, Said, register
from nlu.slots.place_index import (
    PlaceIndex,
    another_kind,
    cautious_lists,
    common_words,
    everyday_words,
    generic_words,
    named_place,
    other_words,
    place_index,
)
from nlu.slots.words import Word, words
from nlu.text import fold, skeleton
from nlu.text.cache import SENTENCE, kept
from nlu.text.endings import Stem, stems
from nlu.text.lexicon import load_lexicon

_LONGEST_NEAR = 3  # words of a misspelled name
_SURE = 0.95
_UNSURE = 0.1  # taken off a near miss, so that an exact name always wins
_OPPOSITE = {"from": "to", "to": "from"}
_GAPS = (" ", "-", ".", ". ")  # between the words of one name
_UNKNOWN = "-"  # stands for every word that is in no name, because spaCy never forgets a string
_BUILT: dict[str, tuple[Gazetteer, Any]] = {}


def read_place(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The place that the answer names, or whose id a button sent."""
    gazetteer = _list(slot_type, catalogue)
    place = next((p for p in gazetteer.places if p.value == said.text), None)
    place = place or named_place(gazetteer, said.text)
    return Parsed(place.value, place.title) if place else Rejected("unknown_place")


def find_named_places(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterable[Hit]:
    """Places in a free message, with the roles that they have towards each other."""
    return _settled(said.text, list(find_places(_list(slot_type, catalogue), said.text)))


def _settled(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Roles of two places of one kind: "X to Y", "X Y", or the opposite of the known one."""
    settled = sorted(hits, key=lambda hit: hit.start)
    if len({hit.value for hit in settled}) < len(settled):
        return settled  # a place that is named twice is no journey
    for i, (first, second) in enumerate(itertools.pairwise(settled)):
        between = text[first.end : second.start].strip().lower()
        if first.role is None and between in role_words()[2]:
            settled[i] = replace(first, role="from")
            settled[i + 1] = replace(second, role=second.role or "to")
    if len(settled) == 2:
        first, second = settled
        if first.role is None:
            first = replace(first, role=_OPPOSITE.get(second.role or "to"))
        if second.role is None or second.role == first.role:
            second = replace(second, role=_OPPOSITE[first.role or "from"])
        settled = [first, second]
    return settled


def _list(slot_type: SlotType, catalogue: Catalogue) -> Gazetteer:
    return catalogue.gazetteers[slot_type.gazetteer or ""]


def find_places(gazetteer: Gazetteer, text: str) -> Iterator[Hit]:
    """Places named in a normalised message, with the role their ending or neighbour gives."""
    message = _Message(gazetteer, text)
    yield from message.exact()
    yield from message.near()


def prepare_places(catalogue: Catalogue) -> None:
    """Imports spaCy and builds the matchers now."""
    for gazetteer in catalogue.gazetteers.values():
        _matcher(gazetteer)
    other_words()


@lru_cache(maxsize=1)
def _pipeline() -> Any:
    """A blank pipeline for all languages; its words are sounds."""
    return _spacy().blank("xx")


@lru_cache(maxsize=1)
def _spacy() -> Any:
    """spaCy without the frameworks that its thinc would import where they are installed.

    A blank pipeline needs none of them. They would cost each process seconds and half a gigabyte.
    """
    absent = [name for name in ("torch", "tensorflow", "mxnet") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        import spacy
    finally:
        for name in absent:
            sys.modules.pop(name, None)
    return spacy


def _document(sounds: Sequence[str]) -> Any:
    from spacy.tokens import Doc

    return Doc(_pipeline().vocab, words=list(sounds))


def _matcher(gazetteer: Gazetteer) -> Any:
    """The matcher that knows the names of a gazetteer by their sound."""
    known = _BUILT.get(gazetteer.name)
    if known is None or known[0] is not gazetteer:
        vocab = _pipeline().vocab  # before any other import of spaCy, see _spacy
        from spacy.matcher import PhraseMatcher

        matcher = PhraseMatcher(vocab)
        matcher.add("place", [_document(sounds) for sounds in place_index(gazetteer).phrases])
        known = (gazetteer, matcher)
        _BUILT[gazetteer.name] = known
    return known[1]


@dataclass(frozen=True)
class _Token:
    """A word, and the same word without each case ending that it may have."""

    word: Word
    stems: tuple[Stem, ...]
    sounds: tuple[str, ...]  # of the stems
    skeleton: str


@kept(64, SENTENCE)
def _tokens(text: str) -> tuple[_Token, ...]:
    """The words of a message. They are cached for the other lists."""
    found = []
    for word in words(text):
        cuts = stems(word.text)
        sounds = tuple(fold(stem.text) for stem in cuts)
        found.append(_Token(word, cuts, sounds, skeleton(sounds[0])))
    return tuple(found)


class _Message:
    """One message cut into words, and which of them already belong to a place."""

    def __init__(self, gazetteer: Gazetteer, text: str) -> None:
        self.text = text
        self.gazetteer = gazetteer
        self.index: PlaceIndex = place_index(gazetteer)
        self.tokens = _tokens(text)
        self.cautious = gazetteer.name in cautious_lists()
        self.others = another_kind(gazetteer, text, [token.word for token in self.tokens])
        self.taken: set[int] = set()

    def exact(self) -> Iterator[Hit]:
        """Names that sound exactly like a listed one; the longest wins."""
        for first, last in self._spans():
            if self.taken.isdisjoint(range(first, last)):
                found = self._exactly(first, last)
                if found is not None:
                    self.taken.update(range(first, last))
                    yield from self._hit(first, last, *found, _SURE)

    def _spans(self) -> list[tuple[int, int]]:
        """First word and end of everything that sounds like a name, longest first."""
        known = [[s for s in token.sounds if s in self.index.sounds] for token in self.tokens]
        spans: set[tuple[int, int]] = set()
        for choice in (0, -1):  # the whole word, or the most of it cut
            sounds = [variants[choice] if variants else _UNKNOWN for variants in known]
            if any(known) and (choice == 0 or any(len(variants) > 1 for variants in known)):
                matches = _matcher(self.gazetteer)(_document(sounds))
                spans.update((first, last) for _, first, last in matches)
        return sorted(spans, key=lambda span: (span[0] - span[1], span))

    def _exactly(self, first: int, last: int) -> tuple[Stem, Place] | None:
        """The place and the case ending under which the last word completes its name."""
        lead = [token.word.text for token in self.tokens[first : last - 1]]
        for stem in self.tokens[last - 1].stems:
            found = self.index.exact([*lead, stem.text])
            if found is not None:
                return stem, found
        return None

    def near(self) -> Iterator[Hit]:
        """Misspelled names among the words that belong to no exact name. Names of fewer words come
        first. A number is no name, and a short word is no part of one."""
        shortest = int(load_lexicon("matching")["shortest_part"])
        alone = [not token.word.text[0].isdigit() for token in self.tokens]
        parts = [
            fits and len(token.sounds[0]) >= shortest for fits, token in zip(alone, self.tokens)
        ]
        for length in range(1, min(_LONGEST_NEAR, len(self.tokens)) + 1):
            fit = alone if length == 1 else parts
            for first in range(len(self.tokens) - length + 1):
                last = first + length
                if all(fit[first:last]) and self.taken.isdisjoint(range(first, last)):
                    found = self._nearest(first, last)
                    if found is not None:
                        stem, place, score = found
                        yield from self._hit(first, last, stem, place, score / 100 - _UNSURE)

    def _nearest(self, first: int, last: int) -> tuple[Stem, Place, float] | None:
        window = self.tokens[first:last]
        if not self._may_be_name(window):
            return None
        lead = "".join(token.sounds[0] for token in window[:-1])
        best: tuple[Stem, Place, float] | None = None
        for stem, sound in zip(window[-1].stems, window[-1].sounds, strict=True):
            near = self.index.near(lead + sound)
            if near is not None and (best is None or near[1] > best[2]):
                best = (stem, *near)
        return best

    def _may_be_name(self, window: Sequence[_Token]) -> bool:
        """False for words that need no look-up: frequent ones, and those of no longer name."""
        if len(window) == 1:
            return other_words().isdisjoint(window[0].sounds)
        joined = "".join(token.sounds[0] for token in window)
        parts = any(self.index.may_be_part(token.skeleton) for token in window)
        if joined not in self.index.joined and not parts:
            return False
        return all(
            self.text[one.word.end : other.word.start] in _GAPS
            for one, other in itertools.pairwise(window)
        )

    def _hit(
        self, first: int, last: int, stem: Stem, place: Place, confidence: float
    ) -> Iterator[Hit]:
        """The characters of the name, with its role. An everyday word by itself gives nothing."""
        start, end = self.tokens[first].word.start, self.tokens[last - 1].word.end
        role = stem.role or role_beside(self.text, start, end)
        if not self._is_meant(first, last, stem, role):
            return
        self.taken.update(range(first, last))
        last, kept = self._proper(first, last, stem, place)
        end = self.tokens[last - 1].word.start + kept
        yield Hit(start, end, place.value, confidence, role)

    def _is_meant(self, first: int, last: int, stem: Stem, role: str | None) -> bool:
        """False for words that only sound like a place (kavali, done, krishna by itself), and for a
        name of another kind (Guntur district is not the town).

        A name in the letters of the list is meant. A long one that sounds like it is meant too,
        unless the list is a cautious one. Every other word needs a word beside it: for from or to,
        or, in lists of villages, a word such as "mandal".
        """
        if last - 1 in self.others:
            return False
        parts = [token.word.text for token in self.tokens[first : last - 1]]
        parts.append(self.tokens[last - 1].word.text[: stem.kept])
        name = "".join(parts).lower()
        beside = self._generic(last) or self._generic(first - 1)
        if name in common_words():
            return role is not None or self._generic(last)
        if name in everyday_words():
            return beside if self.cautious else role is not None
        written = self.index.written([*parts[:-1], stem.text]) or self.index.written(parts)
        if written is not None:
            return True
        sound = "".join(fold(part) for part in parts)
        if sound in other_words():
            return False
        if self.cautious:
            return beside
        return len(sound) >= int(load_lexicon("matching")["min_letters"]) or role is not None

    def _generic(self, place: int) -> bool:
        """Whether a word such as district or temple stands there."""
        if not 0 <= place < len(self.tokens):
            return False
        return any(stem.text.lower() in generic_words() for stem in self.tokens[place].stems)

    def _proper(self, first: int, last: int, stem: Stem, place: Place) -> tuple[int, int]:
        """Of the shortest beginning that names the place: its end, and the length of its last word.

        "Annavaram Satyanarayana Swamy" is marked as "Annavaram".
        """
        for end in range(first + 1, last):
            texts = [token.word.text for token in self.tokens[first:end]]
            found = self.index.exact(texts)
            if found is not None and found.value == place.value:
                return end, len(texts[-1])
        return last, stem.kept


def show_place(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> str:
    """The title of the place. A value that is no longer in the list is shown as it is."""
    places = catalogue.gazetteers[slot_type.gazetteer].places if slot_type.gazetteer else ()
    return next((place.title[language] for place in places if place.value == value), value)


def listed_places(slot_type: SlotType, language: str, key: str, catalogue: Catalogue) -> list[str]:
    """Titles and forms; in Latin letters the English titles too."""
    places = catalogue.gazetteers[slot_type.gazetteer].places if slot_type.gazetteer else ()
    names = [text for place in places for text in (place.title[language], *place.forms)]
    return names + [place.title["en"] for place in places if key.endswith("Latn")]


register(
    Kind(
        name="place",
        reads="a place of a list, also misspelt",
        read=read_place,
        needs=("gazetteer",),
        find=find_named_places,
        prepare=prepare_places,
        show=show_place,
        listed=listed_places,
        takes_endings=True,
    )
)
