"""The words around a value: cues, nouns that it counts, names of papers, words for from and to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache
from typing import Literal

import regex

from nlu.catalogue import SlotType
from nlu.slots.words import Phrases, Word, Words, words, words_between
from nlu.text import Normalised
from nlu.text.endings import is_ending
from nlu.text.lexicon import lexicon_cache, load_lexicon

Noun = Literal["people", "money", "unit", "days", "hours", "other"]
_ANY = r"\d+"
_LETTER = regex.compile(r"[\p{L}\p{M}]")
_SHORT = 6  # digits; a type that accepts fewer needs its cue in a free message
_GLUED = regex.compile(r"[\p{L}\p{M}]+")
_NEAR = 24  # characters looked at on each side of a place
_SPACE = regex.compile(r"\s*")


def noun_after(tokens: Words, end: int) -> Noun | None:
    """The noun that begins the rest of the text behind the character `end`."""
    at = tokens.behind(end)
    found = _nouns().at(tokens, at)
    return found[1] if found and not leads(tokens, at) else None


def is_quantity(tokens: Words, end: int, value: str) -> bool:
    """True when the digits that end at `end` say how much or how many: "2 acres", "500 rupees"."""
    noun, limits = noun_after(tokens, end), load_lexicon("amounts")
    if not value.isdigit() or noun in (None, "other"):
        return False  # a paper may be named by its number: "document no 4521 copies"
    if noun == "money":
        return len(value) <= int(limits["longest_bare"])
    return int(value) < int(limits["counted_below"])


def leads(tokens: Sequence[Word], at: int) -> bool:
    """True for a unit that is written before its number, as `ac` in "survey no 123 ac 2.50"."""
    found = _leading().at(tokens, at)
    if found is None:
        return False
    used, parts = found
    number = tokens[at + used : at + used + parts]
    together = number[-1].end - number[0].start if number else 0
    digits = sum(len(token.text) for token in number if token.text.isdigit())
    return len(number) == parts and together == digits + parts - 1


@lexicon_cache(maxsize=1)
def _leading() -> Phrases[int]:
    """Units that stand before a number, and how many parts the number has: one in "rs 500", two in
    "ac 2.50". In "2 ac 30" the unit belongs to the 2."""
    units = load_lexicon("units")["units"].values()
    money = [(str(form), 1) for form in load_lexicon("amounts")["before"]]
    return Phrases([*money, *((str(form), 2) for row in units for form in row["before"])])


@lexicon_cache(maxsize=1)
def _nouns() -> Phrases[Noun]:
    return Phrases(_rows())


def _rows() -> Iterator[tuple[str, Noun]]:
    counts, dates, times = (load_lexicon(name) for name in ("cues", "dates", "times"))
    for form in load_lexicon("amounts")["after"]:
        if any(character.isalpha() for character in str(form)):
            yield str(form), "money"
    for key in ("after", "people"):
        for form in counts["counts"][key]:
            yield str(form), "people"
    days = dates["days"]
    for form in (*days["unit"], *days["week"], *days["months"], *dates["month"]):
        yield str(form), "days"
    for form in (*times["clock"], *times["hours"], *times["minutes"]):
        yield str(form), "hours"
    for row in load_lexicon("units")["units"].values():
        parts = row.get("parts", {}).values()
        for form in (*row["after"], *(form for forms in parts for form in forms)):
            yield str(form), "unit"
    for form in counts["things"]:
        yield str(form), "other"


@cache
def is_short(pattern: str | None) -> bool:
    """True when a number of this pattern may be too short to be recognised without a cue."""
    fits = regex.compile(rf"^(?:{pattern or _ANY})$", regex.MULTILINE)
    return fits.search(_short_numbers()) is not None


@lru_cache(maxsize=1)
def _short_numbers() -> str:
    """All short numbers, one on each line. A few samples would not show what a pattern accepts."""
    sizes = range(1, _SHORT)
    return "\n".join(f"{number:0{size}}" for size in sizes for number in range(10**size))


def needs_cue(slot_type: SlotType) -> bool:
    """True when the numbers of a type are short, or look like the numbers of many other types."""
    return slot_type.name in load_lexicon("cues")["only"] or is_short(slot_type.pattern)


def is_small_word(view: Normalised, start: int, end: int) -> bool:
    """True for words such as "rendu". Beside a cue they more often mean "both" than a number."""
    first, last = view.raw_span(start, end)
    return end - start == 1 and _LETTER.search(view.raw, first, last) is not None


class Announced:
    """Which numbers of one text are announced by a cue of one type. Cues are searched only once.

    A cue announces one number: in "survey no 123 khata no 245" each cue announces the next number.
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
        left, right = (
            start - self._window,
            end + 2 * self._window,
        )  # farther on the right, because a noun may follow the number
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
        """The index of the first word of each cue, and how many words it has."""
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
    """True for digits that may have a cue of their own. Those of "2 acres" have none."""
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


def find_papers(text: str) -> Iterator[tuple[int, int]]:
    """Where a normalised text names papers and lists by their number (1B, 22A), in any script and
    with or without a case ending. Such a number is none of the citizen's."""
    for match in _paper_names().finditer(text):
        glued = _GLUED.match(text, match.end())
        if glued is None or (" " not in match.group() and is_ending(glued.group())):
            yield match.span()


@lexicon_cache(maxsize=1)
def _paper_names() -> regex.Pattern[str]:
    rows = load_lexicon("cues")["papers"].items()
    names = (
        rf"{number}[ -]?\(?(?:{'|'.join(regex.escape(str(letter)) for letter in letters)})"
        for number, letters in rows
    )
    return regex.compile(
        rf"(?<![\p{{L}}\p{{M}}\d./-])(?:{'|'.join(names)})(?!\p{{M}}|\s?[/-]\s?\d)",
        regex.IGNORECASE,
    )


def role_beside(text: str, start: int, end: int) -> str | None:
    """`from` or `to`, by the word right after the value at `start:end` or right before it."""
    after, before, _ = role_words()
    following, at = _cut(text, end, end, end + _NEAR)
    if at < len(following) and _SPACE.fullmatch(text, end, following[at].start):
        found = after.at(following, at)
        if found is not None:
            return found[1]
    leading, at = _cut(text, start, start - _NEAR, start)
    if not at or leading[at - 1].end < start - _NEAR:
        return None
    found = before.ending(leading, at - 1)
    return found[1] if found else None


def _cut(text: str, place: int, start: int, end: int) -> tuple[Words, int]:
    """Words, and the index of the first one behind a place. Normally these are the words of the
    whole text, which is cut only once. Where the place lies inside a word (tirupati|nunchi), only
    the text between `start` and `end` is cut."""
    tokens = words(text)
    at = tokens.behind(place)
    if at and tokens[at - 1].end > place:
        tokens = words_between(text, start, end)
        at = tokens.behind(place)
    return tokens, at


@lexicon_cache(maxsize=1)
def role_words() -> tuple[Phrases[str], Phrases[str], frozenset[str]]:
    """Words for from and to that stand behind a place, those before one, and those between two."""
    lexicon = load_lexicon("roles")
    sides = [
        Phrases((str(form), role) for role, forms in lexicon[side].items() for form in forms)
        for side in ("after", "before")
    ]
    return sides[0], sides[1], frozenset(str(form).lower() for form in lexicon["between"])
