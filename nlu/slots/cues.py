"""Words that announce a number ("khata no 245"), from `data/lexicon/cues.yml`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cache, cached_property, lru_cache

import regex

from nlu.catalogue import SlotType
from nlu.slots.nouns import noun_after
from nlu.slots.words import Phrases, Words, words
from nlu.text import Normalised
from nlu.text.lexicon import lexicon_cache, load_lexicon

_ANY = r"\d+"
_LETTERS = regex.compile(r"[\p{L}\p{M}]")
_SHORT = 6  # a type that accepts fewer digits than this needs its cue in a free message


@cache
def is_short(pattern: str | None) -> bool:
    """True when a number of this pattern may be too short to be recognised without a cue."""
    fits = regex.compile(rf"^(?:{pattern or _ANY})$", regex.MULTILINE)
    return fits.search(_short_numbers()) is not None


@lru_cache(maxsize=1)
def _short_numbers() -> str:
    """All short numbers, one a line: which of them a pattern accepts cannot be told from a few."""
    sizes = range(1, _SHORT)
    return "\n".join(f"{number:0{size}}" for size in sizes for number in range(10**size))


def needs_cue(slot_type: SlotType) -> bool:
    """True for short numbers, and for types whose numbers look like those of many others."""
    return slot_type.name in load_lexicon("cues")["only"] or is_short(slot_type.pattern)


def is_small_word(view: Normalised, start: int, end: int) -> bool:
    """True for "rendu" and the like: beside a cue it is more often "both" than a number."""
    first, last = view.raw_span(start, end)
    return end - start == 1 and _LETTERS.search(view.raw, first, last) is not None


class Announced:
    """Which numbers of one text a cue of one type announces; looked for once, at first need.

    A cue announces one number: in "survey no 123 khata no 245" each word the one behind it.
    """

    def __init__(self, slot_type: str, view: Normalised) -> None:
        """`slot_type` is the name of the type."""
        self._view = view
        self._phrases, self._window = _cues(slot_type)

    def at(self, start: int, end: int) -> bool:
        """True when a cue stands shortly before `start` or right after `end`."""
        if not self.any:
            return False
        tokens, cues, numbers = self._tokens, self._places, self._numbers
        left, right = start - self._window, end + 2 * self._window  # farther, for nouns of numbers
        before = bisect_left(numbers, tokens.behind(start)) - 1
        last = numbers[before] if before >= 0 and tokens[numbers[before]].end > left else -1
        behind = bisect_left(numbers, tokens.behind(end))
        following = min(tokens.behind(right), *numbers[behind : behind + 1], len(tokens))
        for cue in cues[bisect_right(cues, (last, 0)) :]:
            at, used = cue
            if at >= following:
                break
            if tokens[at].start < left:
                continue
            if tokens[at + used - 1].end <= start:
                return True
            if end <= tokens[at].start:
                number = behind < len(numbers) and numbers[behind] == following
                far = not number or tokens[following].start >= end + self._window
                return far and tokens[at].end <= end + self._window // 2
        return False

    @cached_property
    def any(self) -> bool:
        """Whether the text has a cue of the type at all."""
        return bool(self._places)

    @cached_property
    def _tokens(self) -> Words:
        return words(self._view.text)

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """Index of each word that a cue begins at, and the words of it."""
        if self._phrases is None:
            return []
        begun = self._phrases.places(self._tokens)
        found = ((at, self._phrases.at(self._tokens, at)) for at in begun)
        return [(at, cue[0]) for at, cue in found if cue is not None]

    @cached_property
    def _numbers(self) -> list[int]:
        """Index of each word of digits that may have a cue of its own."""
        cues = {at for at, _ in self._places}
        return [
            at
            for at in range(len(self._tokens))
            if at not in cues and _is_number(self._view, self._tokens, at)
        ]


def _is_number(view: Normalised, tokens: Words, at: int) -> bool:
    """True for digits that may have a cue of their own, unlike those of "2 acres"."""
    token = tokens[at]
    if not token.text.isdigit() or is_small_word(view, token.start, token.end):
        return False
    return noun_after(tokens, token.end) is None


@lexicon_cache(maxsize=None)
def _cues(slot_type: str) -> tuple[Phrases[bool] | None, int]:
    lexicon = load_lexicon("cues")
    forms = lexicon["types"].get(slot_type)
    phrases = Phrases([(str(form), True) for form in forms]) if forms else None
    return phrases, int(lexicon["window"])
