"""The sentences of a message, and the parts of those that a comma or a word such as "and" divides.

A long message that is unclear as a whole often has one sentence that says what is wanted. Many
citizens write without punctuation, so joining words count as well (`data/lexicon/sentences.yml`).
A part of one word is read with the words of its neighbour: "income and caste certificate" asks for
an income certificate too. Where nothing tells the sentences apart, runs of words stand for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from nlu.text.lexicon import lexicon_cache, load_lexicon

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}\u200c\u200d]+")
_LETTER = regex.compile(r"\p{L}")
_END = regex.compile(
    r"[।॥!?;\n\r]+|\.+(?=\s|$)|(?<=\p{L}[\p{L}\p{M}]{3})\.(?=\p{L}[\p{L}\p{M}]*(?:\s|$))"
)
_COMMA = regex.compile(r"(?<!\p{N}),|,(?!\p{N})|[،、]")
_LAST_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+$")
_AROUND = " \t\n\r,.;:-–—"


@dataclass(frozen=True)
class _Lists:
    clear: float
    most: int
    long_words: int
    window_words: int
    abbreviations: frozenset[str]
    joins: frozenset[tuple[str, ...]]
    besides: frozenset[tuple[str, ...]]
    longest: int
    """Words of the longest joining phrase."""


def sentences(text: str) -> tuple[str, ...]:
    """The parts of a message in their order; none where it has but one."""
    parts = [part for sentence in _ended(text) for part in _joined(sentence)]
    parts = [part for part in parts if _LETTER.search(part)]
    lists = _lists()
    parts = [one for part in parts for one in (part, *_windows(part))]
    if len(parts) < 2:
        return ()
    first = lists.most // 3
    if len(parts) > lists.most:
        parts = [*parts[:first], *parts[first - lists.most :]]
    return tuple(parts)


def says_besides(text: str) -> bool:
    """Whether a word of the text says that something else is wanted too."""
    return _says(text, _lists().besides)


def says_and(text: str) -> bool:
    """Whether a word of the text joins two parts of it."""
    return _says(text, _lists().joins)


def _says(text: str, phrases: frozenset[tuple[str, ...]]) -> bool:
    words = [match.group().casefold() for match in _WORD.finditer(text)]
    longest = _lists().longest
    return any(_phrase(words, at, phrases, longest) for at in range(len(words)))


def clear_from() -> float:
    """The probability from which a message is clear as a whole."""
    return _lists().clear


def _ended(text: str) -> Iterator[str]:
    """Sentences, by their punctuation."""
    start = 0
    for mark in _END.finditer(text):
        if mark.group().startswith(".") and _abbreviated(text[start : mark.start()]):
            continue
        yield text[start : mark.start()]
        start = mark.end()
    yield text[start:]


def _abbreviated(before: str) -> bool:
    word = _LAST_WORD.search(before)
    if word is None:
        return True
    last = word.group().casefold()
    return (len(last) == 1 and not last.isdecimal()) or last in _lists().abbreviations


def _joined(sentence: str) -> Iterator[str]:
    """The parts of a sentence; one of a single word with the words of its neighbour."""
    parts = [words for piece in _COMMA.split(sentence) for words in _between_joins(piece)]
    for at, words in enumerate(parts):
        others = parts[at + 1 : at + 2] or parts[max(at - 1, 0) : at]
        alone = len(words) == 1 and _LETTER.search(words[0])
        yield " ".join((*words, *others[0][1:]) if alone and others else words)


def _between_joins(piece: str) -> Iterator[tuple[str, ...]]:
    """Runs of words between joining words, as they were written."""
    found = list(_WORD.finditer(piece))
    words = [match.group().casefold() for match in found]
    lists, start, at = _lists(), 0, 0
    while at < len(words):
        joint = _phrase(words, at, lists.joins, lists.longest)
        if not joint:
            at += 1
            continue
        yield from _run(piece, found[start:at])
        start = at = at + joint
    yield from _run(piece, found[start:])


def _run(piece: str, found: Sequence[regex.Match[str]]) -> Iterator[tuple[str, ...]]:
    if found:
        words = piece[found[0].start() : found[-1].end()].strip(_AROUND).split()
        yield tuple(words)


def _windows(part: str) -> Iterator[str]:
    """Runs of words of a part that is too long to be one sentence."""
    words, size = part.split(), _lists().window_words
    if len(words) > _lists().long_words:
        for start in range(0, len(words) - size // 2, size // 2):
            yield " ".join(words[start : start + size])


def _phrase(
    words: Sequence[str], at: int, phrases: frozenset[tuple[str, ...]], longest: int
) -> int:
    """How many words the longest of the phrases has that begins here."""
    for length in range(min(longest, len(words) - at), 0, -1):
        if tuple(words[at : at + length]) in phrases:
            return length
    return 0


@lexicon_cache(maxsize=1)
def _lists() -> _Lists:
    found = load_lexicon("sentences")
    joins, besides = _phrases(found["joins"]), _phrases(found["besides"])
    return _Lists(
        float(found["clear"]),
        int(found["most"]),
        int(found["long_words"]),
        int(found["window_words"]),
        frozenset(str(word).casefold() for word in found["abbreviations"]),
        joins,
        besides,
        max(len(words) for words in (*joins, *besides)),
    )


def _phrases(by_key: dict[str, list[str]]) -> frozenset[tuple[str, ...]]:
    return frozenset(
        tuple(_WORD.findall(str(phrase).casefold())) for some in by_key.values() for phrase in some
    )
