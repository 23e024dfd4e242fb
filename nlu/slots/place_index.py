"""The names of a gazetteer: as written, by sound, and nearly the same.

A misspelt word is not compared with all names. Two names whose consonants differ in at most one
letter share a key (the deletion neighbourhood of SymSpell, on phonetic skeletons). Only names with
a common key are compared letter by letter, so a list of thousands takes no longer than a short one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from nlu.catalogue import Gazetteer, Place
from nlu.slots.context import role_beside
from nlu.slots.words import Word, words
from nlu.text import fold, normalise, skeleton
from nlu.text.cache import kept
from nlu.text.endings import stems
from nlu.text.lexicon import lexicon_cache, load_lexicon

_LENGTHS = 0.7  # tirumala is not "dwaraka tirumala" misspelled
_BUILT: dict[str, tuple[Gazetteer, PlaceIndex]] = {}


class PlaceIndex:
    """Every spelling of every place, folded so that all scripts and spellings are comparable."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        """Folds all forms. The first place with a spelling keeps it; titles come before forms."""
        self.phrases: dict[tuple[str, ...], Place] = {}
        self.joined: dict[str, Place] = {}
        self._written: dict[str, Place] = {}
        for titles in (True, False):
            for place in gazetteer.places:
                forms = place.title.values() if titles else (place.value, *place.forms)
                for form in forms:
                    self._add(normalise(form.replace("_", " ")).text, place)
        everyday = {fold(word) for word in everyday_words() | common_words()}
        self._fuzzy = [sound for sound in self.joined if sound not in everyday]
        self._neighbours = _neighbourhood(self._fuzzy)
        self._parts = {skeleton(s) for sounds in self.phrases if len(sounds) > 1 for s in sounds}
        self.sounds = frozenset(sound for sounds in self.phrases for sound in sounds)
        self.longest = max(map(len, self.phrases))
        self._beginnings = frozenset(
            name[:end] for name in (*self.joined, *self._written) for end in range(len(name) + 1)
        )
        self._most_consonants = max((len(skeleton(name)) for name in self._fuzzy), default=0) + 1
        self.near = kept(8192)(self._near)

    def _add(self, form: str, place: Place) -> None:
        tokens = words(form)
        sounds = tuple(word.sound for word in tokens)
        if sounds:
            self._written.setdefault(_letters(word.text for word in tokens), place)
            self.phrases.setdefault(sounds, place)
            self.joined.setdefault("".join(sounds), place)

    def exact(self, parts: Sequence[str]) -> Place | None:
        """The place that these words name: as listed, or by sound with or without spaces."""
        written = self.written(parts)
        if written is not None:
            return written
        sounds = tuple(fold(part) for part in parts)
        return self.phrases.get(sounds) or self.joined.get("".join(sounds))

    def written(self, parts: Sequence[str]) -> Place | None:
        """The place that is listed in exactly these letters."""
        return self._written.get(_letters(parts))

    def may_begin(self, word: str) -> bool:
        """Whether some name may begin with this word."""
        return word.lower() in self._beginnings or fold(word) in self._beginnings

    def may_be_part(self, consonants: str) -> bool:
        """Whether a word with these consonants occurs in a name of several words."""
        return consonants in self._parts

    def _near(self, sound: str) -> tuple[Place, float] | None:
        """The place that a misspelled word of a message means, and how similar they are (0-100).

        Vowels count half where enough consonants agree. Short names must begin with the same
        letter.
        """
        from rapidfuzz import fuzz
        from rapidfuzz.distance import OSA

        same_place = self.joined.get(sound)
        if same_place is not None:
            return same_place, 100.0
        limits = load_lexicon("matching")
        threshold = float(limits["thresholds"]["message"])
        shortest, sure = int(limits["min_letters"]), int(limits["any_first_letter"])
        if len(sound) < shortest:
            return None
        consonants, agreeing = skeleton(sound), int(limits["agreeing_consonants"])
        if len(consonants) > self._most_consonants:
            return None  # no name is similar
        best: tuple[Place, float] | None = None
        names = {n for key in _keys(consonants) for n in self._neighbours.get(key, ())}
        for name in sorted(
            names
        ):  # sorted, so that every process takes the same of equally near names
            if len(name) < shortest or (len(name) < sure and name[0] != sound[0]):
                continue
            score = fuzz.ratio(sound, name)
            if len(consonants) >= agreeing and skeleton(name) == consonants:
                score = (score + 100.0) / 2
            wrong = sum(len(name) >= length for length in limits["wrong_letters"])
            if score < threshold and OSA.distance(sound, name, score_cutoff=wrong) <= wrong:
                score = threshold
            if score >= threshold and (best is None or score > best[1]):
                best = (self.joined[name], score)
        return best

    def alike(
        self, sound: str, threshold: float, margin: float = 0.0
    ) -> tuple[Place, float] | None:
        """The place nearest to a joined sound, and how near (0-100). It must be nearer than any
        other place by `margin`.

        Compares with every name. That is fast enough for answers, which name only one place.
        """
        from rapidfuzz import fuzz, process

        hits = process.extract(
            sound, self._fuzzy, scorer=fuzz.ratio, score_cutoff=threshold, limit=8
        )
        hits = [hit for hit in hits if _LENGTHS <= len(sound) / len(hit[0]) <= 1 / _LENGTHS]
        if not hits:
            return None
        best, score = self.joined[hits[0][0]], hits[0][1]
        for name, other, _ in hits[1:]:
            if self.joined[name].value != best.value and score - other < margin:
                return None
        return best, score


def place_index(gazetteer: Gazetteer) -> PlaceIndex:
    """The index of a gazetteer, built at first use."""
    known = _BUILT.get(gazetteer.name)
    if known is None or known[0] is not gazetteer:
        known = (gazetteer, PlaceIndex(gazetteer))
        _BUILT[gazetteer.name] = known
    return known[1]


def _letters(parts: Iterable[str]) -> str:
    return "".join(parts).lower()


def _neighbourhood(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Names by each key of their consonants."""
    found: dict[str, list[str]] = {}
    for name in names:
        for key in _keys(skeleton(name)):
            found.setdefault(key, []).append(name)
    return {key: tuple(group) for key, group in found.items()}


def _keys(consonants: str) -> set[str]:
    """The consonants, and the consonants without each single one. Two alone stay together."""
    keys = {consonants}
    if len(consonants) > 2:
        keys.update(consonants[:i] + consonants[i + 1 :] for i in range(len(consonants)))
    return keys


def named_place(gazetteer: Gazetteer, text: str) -> Place | None:
    """The place that an answer names: exactly, or nearly as a whole, or nearly in one word."""
    index = place_index(gazetteer)
    tokens = _of_the_kind(gazetteer, text)
    bare = [token for token in tokens if token.text.lower() not in generic_words()]
    limits = load_lexicon("matching")
    alone = sum(token.text.lower() not in beside_words() for token in bare) <= 1
    found = _inside(index, tokens, None if alone else text)
    if found is not None:
        return found
    margin, shortest = float(limits["margin"]), int(limits["min_letters"])
    if not 0 < len(bare) <= index.longest + 2:
        return None
    best: tuple[Place, float] | None = None
    generous, strict = (float(limits["thresholds"][k]) for k in ("answer", "answer_part"))
    for sound in dict.fromkeys(_wholes(bare)):
        near = index.alike(sound, generous if len(sound) > shortest else strict, margin)
        if len(sound) >= shortest - 1 and near and (best is None or near[1] > best[1]):
            best = near
    if best is not None:
        return best[0]
    for token in bare:
        near = index.alike(token.sound, strict, margin)
        if len(token.sound) >= shortest and near and (best is None or near[1] > best[1]):
            best = near
    return best[0] if best else None


def _of_the_kind(gazetteer: Gazetteer, text: str) -> Sequence[Word]:
    """The words of an answer without the names that are said to be of another kind."""
    tokens = words(text)
    others = another_kind(gazetteer, text, tokens)
    return [token for at, token in enumerate(tokens) if not {at, at - 1} & others]


def another_kind(gazetteer: Gazetteer, text: str, tokens: Sequence[Word]) -> frozenset[int]:
    """Indexes of the words that end a name of another kind: Guntur in "Guntur district"."""
    others = kind_words(gazetteer.name)
    return frozenset(
        at
        for at, (word, after) in enumerate(itertools.pairwise(tokens))
        if others
        and not text[word.end : after.start].strip()
        and any(stem.text.lower() in others for stem in stems(after.text))
    )


def _inside(index: PlaceIndex, tokens: Sequence[Word], text: str | None) -> Place | None:
    """The longest exact name anywhere in the answer, without case endings. `text` is given for an
    answer with other words: there an everyday word is a place only with a word that says so."""
    begun = [at for at, token in enumerate(tokens) if index.may_begin(token.text)]
    for length in range(min(index.longest, len(tokens)), 0, -1):
        for first in begun if length > 1 else range(len(tokens)):
            if first + length > len(tokens):
                break
            parts = [token.text for token in tokens[first : first + length]]
            for stem in stems(parts[-1]):
                place = index.exact([*parts[:-1], stem.text])
                everyday = length == 1 and stem.text.lower() in everyday_words()
                if place is not None and not (
                    text
                    and everyday
                    and stem.text == parts[-1]
                    and not _marked(text, tokens, first)
                ):
                    return place
    return None


def _marked(text: str, tokens: Sequence[Word], at: int) -> bool:
    """Whether a word beside this one says that it is a place: from, to, in, town."""
    around = (*tokens[max(0, at - 1) : at], *tokens[at + 1 : at + 2])
    beside = {token.text.lower() for token in around}
    if beside & (generic_words() | inside_words()):
        return True
    return role_beside(text, tokens[at].start, tokens[at].end) is not None


def _wholes(tokens: list[Word]) -> list[str]:
    """The whole answer as one sound, with and without the ending of its last word."""
    lead = "".join(token.sound for token in tokens[:-1])
    return [lead + fold(stem.text) for stem in stems(tokens[-1].text)]


@lexicon_cache(maxsize=1)
def generic_words() -> frozenset[str]:
    """Words around the name of a place: district, temple, bus stand."""
    return frozenset(str(word).lower() for word in load_lexicon("matching")["generic"])


@lexicon_cache(maxsize=16)
def kind_words(gazetteer: str) -> frozenset[str]:
    """Words behind a name that say that it is of another kind than a list's places."""
    return frozenset(map(str.lower, load_lexicon("matching")["another_kind"].get(gazetteer, ())))


@lexicon_cache(maxsize=1)
def inside_words() -> frozenset[str]:
    """Words that say that something is in a place."""
    return frozenset(str(word).lower() for word in load_lexicon("matching")["inside"])


@lexicon_cache(maxsize=1)
def beside_words() -> frozenset[str]:
    """Words beside the name of a place that mean nothing else: please, ours is."""
    return frozenset(str(word).lower() for word in load_lexicon("matching")["beside"])


@lexicon_cache(maxsize=1)
def everyday_words() -> frozenset[str]:
    """Words that name a place only beside a word that says so."""
    return frozenset(str(word).lower() for word in load_lexicon("matching")["everyday"])


@lexicon_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Names of people and rivers that name a place only beside such a word or a generic one."""
    return frozenset(str(word).lower() for word in load_lexicon("matching")["common"])


@lexicon_cache(maxsize=1)
def other_words() -> frozenset[str]:
    """The sounds of frequent words that are no place and sound nearly like one."""
    rows = load_lexicon("not_places")["words"]
    return frozenset(fold(str(word)).replace(" ", "") for row in rows for word in row)


@lexicon_cache(maxsize=1)
def cautious_lists() -> frozenset[str]:
    """Lists of villages and the like, full of everyday words: see matching.yml."""
    return frozenset(str(name) for name in load_lexicon("matching")["cautious"])
