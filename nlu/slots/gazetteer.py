"""Names of places in a free message: spaCy's PhraseMatcher over sounds, then near misses.

Blank te, hi and en pipelines cut the words; each token's NORM is its phonetic spelling, so one
matcher serves all scripts. spaCy is imported at first use: reading answers does not need it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nlu.catalogue import Gazetteer
from nlu.slots.place_index import PlaceIndex, place_index
from nlu.slots.result import Hit
from nlu.slots.roles import role_beside
from nlu.slots.words import Stem, stems
from nlu.text import fold
from nlu.text.lexicon import load_lexicon
from nlu.text.script import dominant

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_PIPELINES = {"Telu": "te", "Deva": "hi"}
_LONGEST_NEAR = 3  # words of a misspelled name
_BUILT: dict[str, tuple[Gazetteer, Any]] = {}


@lru_cache(maxsize=3)
def _pipeline(language: str) -> Any:
    import spacy

    return spacy.blank(language)


def find_places(gazetteer: Gazetteer, text: str) -> Iterator[Hit]:
    """Places named in a normalised message, with the role their ending or neighbour gives."""
    doc = _pipeline(_PIPELINES.get(dominant(text) or "", "en"))(text)
    cuts = _cuts(doc)
    taken: set[int] = set()
    for first, last, place in _exact(gazetteer, doc, cuts):
        taken.update(range(first, last))
        hit = _hit(text, doc, first, last, cuts[last - 1], place, 0.95)
        if hit is not None:
            yield hit
    yield from _near(place_index(gazetteer), text, doc, cuts, taken)


def _cuts(doc: Doc) -> list[tuple[Stem, ...]]:
    return [stems(token.text) for token in doc]


def _exact(
    gazetteer: Gazetteer, doc: Doc, cuts: list[tuple[Stem, ...]]
) -> list[tuple[int, int, str]]:
    """(first, last, place) of names that sound exactly like a listed one, longest first."""
    from spacy.tokens import Span
    from spacy.util import filter_spans

    matcher = _matcher(gazetteer)
    spans: list[Span] = []
    for depth in range(max(map(len, cuts), default=0)):
        for token, variants in zip(doc, cuts):
            token.norm_ = fold(variants[min(depth, len(variants) - 1)].text) or token.text
        spans += [Span(doc, first, last, label=place) for place, first, last in matcher(doc)]
    return [(span.start, span.end, span.label_) for span in filter_spans(spans)]


def _matcher(gazetteer: Gazetteer) -> Any:
    known = _BUILT.get(gazetteer.name)
    if known is None or known[0] is not gazetteer:
        from spacy.matcher import PhraseMatcher
        from spacy.tokens import Doc

        vocab = _pipeline("en").vocab
        matcher = PhraseMatcher(vocab, attr="NORM")
        for sounds, place in place_index(gazetteer).phrases.items():
            pattern = Doc(vocab, words=list(sounds))
            for token, sound in zip(pattern, sounds):
                token.norm_ = sound
            matcher.add(place.value, [pattern])
        known = (gazetteer, matcher)
        _BUILT[gazetteer.name] = known
    return known[1]


def _near(
    index: PlaceIndex, text: str, doc: Doc, cuts: list[tuple[Stem, ...]], taken: set[int]
) -> Iterator[Hit]:
    """Misspelled names among the words no exact name has taken; the longest match wins."""
    limits = load_lexicon("matching")
    threshold, shortest = float(limits["thresholds"]["message"]), int(limits["min_letters"])
    for length in range(min(_LONGEST_NEAR, len(doc)), 0, -1):
        for first in range(len(doc) - length + 1):
            span = range(first, first + length)
            if taken.intersection(span) or not all(doc[i].is_alpha or cuts[i] for i in span):
                continue
            found = _nearest(index, [doc[i] for i in span], cuts[span[-1]], threshold, shortest)
            if found is None:
                continue
            stem, place, score = found
            hit = _hit(text, doc, first, first + length, (stem,), place, score / 100 - 0.1)
            if hit is not None:
                taken.update(span)
                yield hit


def _nearest(
    index: PlaceIndex,
    tokens: list[Token],
    endings: tuple[Stem, ...],
    threshold: float,
    shortest: int,
) -> tuple[Stem, str, float] | None:
    if not all(token.text[0].isalpha() for token in tokens):
        return None
    lead = "".join(fold(token.text) for token in tokens[:-1])
    best: tuple[Stem, str, float] | None = None
    for stem in endings:
        sound = lead + fold(stem.text)
        near = index.alike(sound, threshold) if len(sound) >= shortest else None
        if near is not None and (best is None or near[1] > best[2]):
            best = (stem, near[0].value, near[1])
    return best


def _hit(
    text: str,
    doc: Doc,
    first: int,
    last: int,
    endings: tuple[Stem, ...],
    place: str,
    confidence: float,
) -> Hit | None:
    """The name's own characters, its role; None for an everyday word without a role."""
    start, token = doc[first].idx, doc[last - 1]
    stem = _stem(place, doc, first, last, endings)
    end = token.idx + stem.kept
    role = stem.role or role_beside(text, start, token.idx + len(token.text))
    if role is None and text[start:end].lower() in _everyday():
        return None
    return Hit(start, end, place, confidence, role)


def _stem(place: str, doc: Doc, first: int, last: int, endings: tuple[Stem, ...]) -> Stem:
    """The ending under which the last word completes the name of the place."""
    if len(endings) == 1:
        return endings[0]
    index = _index_of(place)
    lead = [doc[i].text for i in range(first, last - 1)]
    for stem in endings:
        found = index.exact([*lead, stem.text]) if index else None
        if found is not None and found.value == place:
            return stem
    return endings[0]


def _index_of(place: str) -> PlaceIndex | None:
    for gazetteer, _ in _BUILT.values():
        if any(p.value == place for p in gazetteer.places):
            return place_index(gazetteer)
    return None


@lru_cache(maxsize=1)
def _everyday() -> frozenset[str]:
    return frozenset(str(word).lower() for word in load_lexicon("matching")["everyday"])
