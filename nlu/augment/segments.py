"""An utterance as marked and unmarked pieces, so that a changed text keeps its marks exact.

Words of the pieces may be rewritten, run together or cut in two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

import regex

from nlu.catalogue.model import Mark, SlotType, Utterance

WORD = regex.compile(r"(?<![\p{L}\p{M}\p{Cf}\d])[\p{L}\p{M}\p{Cf}]++(?!\d)")
"""A run of letters with their signs and joiners, in any script, but no part of a code (RTC2611)."""
_GAP = regex.compile(r"(?<=[\p{L}\p{M}]) (?=\p{L})")
_SYLLABLE = regex.compile(r"\X")


@dataclass(frozen=True)
class Segment:
    """A piece of an utterance: a marked value, or what stands between two of them."""

    text: str
    mark: Mark | None = None

    def with_text(self, text: str) -> Segment:
        """The same piece saying `text`; a value never becomes empty or gets a space at its edge."""
        if self.mark is not None and not text.strip():
            return self
        return replace(self, text=text.strip() if self.mark is not None else text)


@dataclass(frozen=True)
class Writing:
    """What is known of an utterance beside its words: its key, and the types of its slots."""

    key: str
    types: Mapping[str, SlotType] = field(default_factory=dict)


@dataclass(frozen=True)
class Augmented:
    """A varied copy of an utterance: its text, its marks (code points), and how it was made."""

    text: str
    marks: tuple[Mark, ...]
    kind: str


def cut(utterance: Utterance) -> tuple[Segment, ...]:
    """The pieces of an utterance, left to right; joined again they are the utterance."""
    pieces: list[Segment] = []
    done = 0
    for mark in sorted(utterance.marks, key=lambda m: m.start):
        if mark.start > done:
            pieces.append(Segment(utterance.text[done : mark.start]))
        pieces.append(Segment(utterance.text[mark.start : mark.end], mark))
        done = mark.end
    if done < len(utterance.text):
        pieces.append(Segment(utterance.text[done:]))
    return tuple(pieces)


def join(pieces: Iterable[Segment]) -> tuple[str, tuple[Mark, ...]]:
    """Text of the pieces, without space at its ends, and the marks at their new places."""
    texts: list[str] = []
    marks: list[Mark] = []
    length = 0
    for piece in pieces:
        text = piece.text if length else piece.text.lstrip()
        if piece.mark is not None:
            marks.append(replace(piece.mark, start=length, end=length + len(text)))
        texts.append(text)
        length += len(text)
    return "".join(texts).rstrip(), tuple(marks)


def rewrite(pieces: Iterable[Segment], change: Callable[[str], str]) -> tuple[Segment, ...]:
    """The pieces with `change` applied to the text of each."""
    return tuple(piece.with_text(change(piece.text)) for piece in pieces)


def rewrite_words(pieces: Iterable[Segment], change: Callable[[str], str]) -> tuple[Segment, ...]:
    """The pieces with `change` applied to each word."""
    return rewrite(pieces, lambda text: WORD.sub(lambda word: change(word.group()), text))


def join_words(text: str, rate: float, random: Random) -> str:
    """Leaves out each space between two words with chance `rate`."""
    return _GAP.sub(lambda gap: "" if random.random() < rate else gap.group(), text)


def split_words(text: str, rate: float, longest_whole: int, random: Random) -> str:
    """Cuts each word longer than `longest_whole` letters with chance `rate`, between syllables."""

    def cut(match: regex.Match[str]) -> str:
        word = match.group()
        if len(word) <= longest_whole or random.random() >= rate:
            return word
        clusters = _SYLLABLE.findall(word)
        if len(clusters) < 2:
            return word
        at = random.randint(1, len(clusters) - 1)
        return "".join(clusters[:at]) + " " + "".join(clusters[at:])

    return WORD.sub(cut, text)
