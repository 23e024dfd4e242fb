"""Whether a message names places that Seva serves, places elsewhere, or both.

Linear machines weigh words one by one. Where "Patna" stands beside "caste certificate", only the
place tells that it is none of our services, and no number of examples holds every place: without
more they learn that certificates are out of scope. So the lists of places say of a message which
kinds it names, and the machines learn what that means. Names are compared by sound, so that one
spelling serves all scripts, and without the case endings of Telugu and Hindi (పాట్నాలో, patnalo).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import regex

from nlu.catalogue import Catalogue
from nlu.text import fold, normalise
from nlu.text.cache import kept
from nlu.text.endings import stems
from nlu.text.lexicon import load_lexicon

_WORD = regex.compile(r"[\p{L}\p{M}\p{Nd}\p{Cf}]+")
_LONGEST = 4  # words of a name
_SHORTEST = 4  # letters, folded, of a name that may carry an ending


class PlaceMentions:
    """Finds names by sound. Made once, then only read."""

    def __init__(self, names: Mapping[str, Iterable[str]], but: Iterable[str] = ()) -> None:
        """`names` in any script by kind; where two kinds have one name, the first has it.
        `but`: words that are no name, as they are written."""
        self._kinds = tuple(names)
        self._but = frozenset(word.lower() for word in but)
        self._of: dict[tuple[str, ...], str] = {}
        for kind, known in names.items():
            for name in known:
                sounds = tuple(fold(name).split())
                if 0 < len(sounds) <= _LONGEST:
                    self._of.setdefault(sounds, kind)
        self._first = {sounds[0] for sounds in self._of if len(sounds) > 1}

    @classmethod
    def of(cls, catalogue: Catalogue) -> PlaceMentions:
        """With the lists that `data/lexicon/place_mentions.yml` names, as far as there are."""
        chosen, everyday = load_lexicon("place_mentions"), load_lexicon("matching")["everyday"]
        names = {
            kind: [
                name
                for one in lists
                if one in catalogue.gazetteers
                for place in catalogue.gazetteers[one].places
                for name in (*place.title.values(), *place.forms)
            ]
            for kind, lists in chosen["kinds"].items()
        }
        but = [str(word) for row in chosen["not_places"] for word in row]
        return cls(names, [*but, *map(str, everyday)])

    def kinds(self, text: str) -> tuple[str, ...]:
        """The kinds of which a raw message names a place, in the order given at the start."""
        words = _WORD.findall(normalise(text).text.lower())
        heard = [() if word in self._but else _sounds(word) for word in words]
        found = set()
        at = 0
        while at < len(words):
            kind, length = self._longest(heard, at)
            found.add(kind)
            at += length
        return tuple(kind for kind in self._kinds if kind in found)

    def _longest(self, heard: list[tuple[str, ...]], at: int) -> tuple[str, int]:
        """Kind and number of words of the longest name that begins at a word; ("", 1) if none."""
        most = min(_LONGEST, len(heard) - at)
        if not heard[at] or heard[at][0] not in self._first:
            most = min(most, 1)
        for length in range(most, 0, -1):
            lead = tuple(sounds[0] if sounds else "" for sounds in heard[at : at + length - 1])
            for last in heard[at + length - 1]:
                kind = self._of.get((*lead, last))
                if kind:
                    return kind, length
        return "", 1


@kept(16384)
def _sounds(word: str) -> tuple[str, ...]:
    """The sound of a word, then of what is left without each case ending."""
    whole, *cut = (fold(stem.text) for stem in stems(word))
    return (whole, *(sound for sound in cut if len(sound) >= _SHORTEST))
