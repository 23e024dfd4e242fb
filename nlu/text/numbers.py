"""Numbers in a text, in digits or in words of five keys, and how numbers are written.

There are two readings: a quantity ("साढ़े तीन सौ" is 350, "2.5 lakh" is 250000) when a multiplier is
said, and dictated digits ("nine eight double four" is 9844, "తొంభై ఎనిమిది" is 98) otherwise. The words
are those of `data/lexicon/numbers.yml`, known as written and by sound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import regex

from nlu.text.cache import SENTENCE, kept
from nlu.text.endings import stems
from nlu.text.lexicon import lexicon_folder, load_lexicon
from nlu.text.normalise import Normalised, normalise
from nlu.text.phonetic import fold

WordKind = Literal["cardinal", "multiplier", "fused", "fraction", "repeat", "joiner"]
_KINDS: tuple[tuple[str, WordKind], ...] = (
    ("cardinals", "cardinal"),
    ("multipliers", "multiplier"),
    ("fused", "fused"),
    ("fractions", "fraction"),
    ("repeats", "repeat"),
)
_BY_SOUND = 5  # shorter words collide with ordinary ones: nau/no, sau/so, सात/साथ, ढाई/दे
_TOKEN = regex.compile(
    r"(?P<number>(?<!\d)(?<!\d[.,])(?:\d{1,3}(?:,\d{2,3})+|\d+)(?:\.\d+)?(?![.,]?\d))"
    r"|(?P<word>[\p{L}\p{M}]+|&)|(?P<other>\d+|[^\s\d\p{L}\p{M}-])"
)
_JOINERS = 4  # words such as "and" side by side
_MANY = 3  # as many single digits in a row are a dictated number, even of everyday words


@dataclass(frozen=True)
class NumberWord:
    """What one word adds to a number. A `weak` word is a number only beside other number words."""

    kind: WordKind
    value: Decimal
    weak: bool = False


class NumberWords:
    """The number words of all languages in one table."""

    def __init__(self, lexicon: dict[str, Any]) -> None:
        """Builds the tables from the parsed YAML file."""
        self._exact: dict[str, NumberWord] = {}
        self._sound: dict[str, NumberWord] = {}
        weak = {str(word) for word in lexicon.get("weak", [])}
        for section, kind in _KINDS:
            for value, forms in lexicon[section].items():
                for form in map(str, forms):
                    self._add(form, NumberWord(kind, Decimal(str(value)), form in weak))
        for form in map(str, lexicon.get("joiners", [])):
            self._exact[form] = NumberWord("joiner", Decimal(0))
        self._longest = max(map(len, self._exact))
        self._parts = kept(16384)(self._find)
        self._inflected = kept(16384)(self._find_inflected)

    def find(self, word: str) -> tuple[NumberWord, ...]:
        """Parts of `word` as numbers: one, or two for a compound (పదివేలు); () when it is none."""
        return self._parts(word)

    def find_inflected(self, word: str) -> tuple[int, tuple[NumberWord, ...]]:
        """Characters of `word` without its case ending, and its parts as numbers."""
        return self._inflected(word)

    def _add(self, form: str, word: NumberWord) -> None:
        form = normalise(form).text
        self._exact.setdefault(form, word)
        sound = fold(form)
        if len(sound) >= _BY_SOUND:
            self._sound.setdefault(sound, word)

    def _find(self, word: str) -> tuple[NumberWord, ...]:
        lowered = word.lower()
        single = self._single(lowered)
        if single is not None:
            return (single,)
        return self._compound(lowered)

    def _find_inflected(self, word: str) -> tuple[int, tuple[NumberWord, ...]]:
        for stem in stems(word):
            found = self.find(stem.text)
            if found:
                return stem.kept, found
        return 0, ()

    def _single(self, word: str) -> NumberWord | None:
        found = self._exact.get(word)
        return self._sound.get(fold(word)) if found is None else found

    def _compound(self, word: str) -> tuple[NumberWord, ...]:
        for cut in range(2, min(len(word) - 1, self._longest + 1)):
            first = self._exact.get(word[:cut])  # by sound, most words would begin with some number
            if first is None or first.kind not in ("cardinal", "multiplier"):
                continue
            second = self._single(word[cut:])
            if second is not None and _compounds(first, second):
                return (first, second)
        return ()


def _compounds(first: NumberWord, second: NumberWord) -> bool:
    if second.kind == "multiplier":
        return first.kind == "cardinal" and first.value > 0
    if second.kind != "cardinal":
        return False
    tens = first.kind == "cardinal" and first.value >= 20 and first.value % 10 == 0
    return (tens and 0 < second.value < 10) or (
        first.kind == "multiplier" and first.value == 100 and second.value > 0
    )


@lru_cache(maxsize=4)
def _load(folder: Path) -> NumberWords:
    return NumberWords(load_lexicon("numbers"))


def number_words() -> NumberWords:
    """Number words of the project's data folder."""
    return _load(lexicon_folder())


@dataclass(frozen=True)
class NumberSpan:
    """A number at `start:end` of the text; `quantity` when a multiplier or fraction was said."""

    start: int
    end: int
    digits: str
    quantity: bool = False
    words: bool = False
    weak: bool = False  # an everyday word (do, ek, oka) that may not be meant as a number

    @cached_property
    def value(self) -> Decimal:
        """The number as a number."""
        return Decimal(self.digits)


@dataclass(frozen=True)
class _Part:
    start: int
    end: int
    word: NumberWord
    literal: str | None = None  # digits as written


@kept(256, SENTENCE)
def find_numbers(text: str) -> tuple[NumberSpan, ...]:
    """Every number of `text` (normalised or ASCII digits), left to right, not overlapping."""
    spans: list[NumberSpan] = []
    for run in _runs(text):
        spans += _merge(_items(run))
    return tuple(spans)


def spoken_to_digits(text: Normalised | str) -> Normalised:
    """Number words replaced by digits; everyday words that stand alone stay words."""
    source = normalise(text) if isinstance(text, str) else text
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for span in (*(s for s in find_numbers(source.text) if s.words and not s.weak), None):
        until = len(source.text) if span is None else span.start
        out.append(source.text[done:until])
        starts += source.offsets[done:until]
        ends += source.ends[done:until]
        if span is not None:
            start, end = source.raw_span(span.start, span.end)
            out.append(span.digits)
            starts += [start] * len(span.digits)
            ends += [end] * len(span.digits)
            done = span.end
    return Normalised("".join(out), tuple(starts), tuple(ends), source.raw)


def _runs(text: str) -> Iterable[list[_Part]]:
    """Number parts with nothing but spaces and hyphens between them."""
    words = number_words()
    run: list[_Part] = []
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        parts: list[_Part] = []
        if token.group("number"):
            literal = token.group().replace(",", "")
            parts = [_Part(start, end, NumberWord("cardinal", Decimal(literal)), literal)]
        elif token.group("word"):
            parts = _word_parts(words, token.group(), start)
        if parts and parts[0].word.kind == "joiner" and not run:
            parts = []
        if parts:
            run += parts
        elif run:
            yield run
            run = []
    if run:
        yield run


def _word_parts(words: NumberWords, word: str, start: int) -> list[_Part]:
    """The number parts of a word. Its case ending stays outside (ఐదుగురికి is ఐదుగురి + కి)."""
    kept, found = words.find_inflected(word)
    return [_Part(start, start + kept, part) for part in found]


def _items(run: list[_Part]) -> list[NumberSpan]:
    """A run cut into quantities and single digits or pairs of digits."""
    items: list[NumberSpan] = []
    at = 0
    while at < len(run):
        used, span = _Reader(run, at).read()
        if span is not None:
            items.append(span)
        at += used
    return items


class _Reader:
    """Reads one number of a run, from the part at `first`."""

    def __init__(self, parts: list[_Part], first: int) -> None:
        self.parts = parts
        self.first = first
        self.total = Decimal(0)
        self.current: Decimal | None = None
        self.limit = Decimal("Infinity")  # the next part must be smaller than this
        self.added: Decimal | None = None  # fraction waiting for its number
        self.quantity = False

    def read(self) -> tuple[int, NumberSpan | None]:
        """Parts used (at least one) and the number, None when they are none."""
        first = self.parts[self.first]
        if first.word.kind == "repeat":
            return self._repeat(first)
        at = self.first
        while at < len(self.parts) and self._take(at):
            at += 1
        while at > self.first and self.parts[at - 1].word.kind in ("joiner", "fraction"):
            at -= 1
        used = at - self.first
        if not used or (self.current is None and not self.quantity):
            return max(used, 1), None
        value = self.total + (self.current or 0)
        if self.added is not None:  # साढ़े पाँच: five and a half of something
            value, self.quantity = value + self.added, True
        weak = used == 1 and first.word.weak
        digits = first.literal if used == 1 and first.literal else plain(value)
        words = any(part.literal is None for part in self.parts[self.first : at])
        end = self.parts[at - 1].end
        return used, NumberSpan(first.start, end, digits, self.quantity, words, weak)

    def _take(self, at: int) -> bool:
        """Takes the part at `at` into the number; False when it begins another one."""
        word = self.parts[at].word
        if word.kind == "joiner":
            return self._join(at)
        if word.kind == "fraction":
            return at == self.first and self._start_fraction(word)
        if word.kind == "multiplier":
            return self._multiply(word, at)
        if word.kind in ("cardinal", "fused"):
            return self._add(word, at)
        return False

    def _join(self, at: int) -> bool:
        """ "one hundred and one", "one and a half lakh"."""
        joiners = at  # people say one, or two of different languages
        while self._kind(joiners) == "joiner" and joiners < at + _JOINERS:
            joiners += 1
        if joiners == len(self.parts):
            return False
        following = self.parts[joiners].word
        half = following.kind == "fused" and following.value < 1
        before = self.parts[at - 1].word.kind if at > self.first else "joiner"
        after_hundred = before == "multiplier" and following.kind == "cardinal"
        half_a = before == "fused" and following.kind == "multiplier"  # half a lakh
        return after_hundred or half_a or (half and self.current is not None)

    def _start_fraction(self, word: NumberWord) -> bool:
        if self._kind(self.first + 1) in ("multiplier", "cardinal"):
            self.added = word.value
            return True
        return False

    def _multiply(self, word: NumberWord, at: int) -> bool:
        if (word.weak and at == self.first) or word.value >= self.limit:
            return False
        number = Decimal(1) if self.current is None else self.current
        if self.added is not None:
            number, self.added = number + self.added, None
        if word.value == 100:
            if number >= 100:
                return False
            self.current = number * 100
        else:
            self.total += number * word.value
            self.current, self.limit = None, word.value
        self.quantity = True
        return True

    def _add(self, word: NumberWord, at: int) -> bool:
        part, following = self.parts[at], self._kind(at + 1)
        if self.current is None:
            if self.quantity and word.value >= self.limit:
                return False
            # after a multiplier, digits and everyday words need a multiplier of their own
            if self.quantity and (part.literal or word.weak) and following != "multiplier":
                return False
            self.current = word.value
            self.quantity = self.quantity or word.kind == "fused"
            return True
        previous = self.parts[at - 1]
        if previous.word.kind == "joiner" and word.kind == "fused" and word.value < 1:
            self.current += word.value
            return True
        if part.literal or previous.literal or word.kind == "fused":
            return False
        if previous.word.kind == "cardinal":
            tens = previous.word.value >= 20 and previous.word.value % 10 == 0
            fits = tens and 0 < word.value < 10
        else:
            fits = self.current % 100 == 0 and 0 < word.value < 100
        if fits:
            self.current += word.value
        return fits

    def _kind(self, at: int) -> str | None:
        return self.parts[at].word.kind if at < len(self.parts) else None

    def _repeat(self, first: _Part) -> tuple[int, NumberSpan | None]:
        at = self.first + 1
        following = self.parts[at] if at < len(self.parts) else None
        if following is None or not 0 <= following.word.value < 10:
            return 1, None
        if following.word.kind != "cardinal":
            return 1, None
        digits = str(int(following.word.value)) * int(first.word.value)
        return 2, NumberSpan(first.start, following.end, digits, words=True)


def _merge(items: list[NumberSpan]) -> list[NumberSpan]:
    """Joins dictated digits. Two everyday words side by side ("ek do", give one) stay apart."""
    merged: list[NumberSpan] = []
    group: list[NumberSpan] = []
    for item in (*items, None):
        if item is not None and item.words and not item.quantity and "." not in item.digits:
            group.append(item)
            continue
        merged += _dictated(group)
        group = []
        if item is not None:
            merged.append(item)
    return merged


def _dictated(group: list[NumberSpan]) -> list[NumberSpan]:
    if len(group) < 2 or (len(group) < _MANY and any(item.weak for item in group)):
        return group
    digits = "".join(item.digits for item in group)
    return [NumberSpan(group[0].start, group[-1].end, digits, words=True)]


def plain(value: Decimal) -> str:
    """Digits without an exponent or needless zeros: 845, 845.5."""
    if value == value.to_integral_value():
        return str(int(value))
    return format(value.normalize(), "f")


def indian_grouping(value: Decimal) -> str:
    """`1234567` -> `12,34,567`; paise only where there are some."""
    amount = value.quantize(Decimal("0.01"))
    whole, paise = f"{abs(amount):f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    sign = "-" if amount < 0 else ""
    return sign + ",".join([*groups, tail]) + ("" if paise == "00" else f".{paise}")
