"""What a speech model might have written of a sentence that nobody read to it.

Learned from the sentences that were (`nlu.augment.heard`), as a noisy channel (Kernighan, Church &
Gale 1990, "A Spelling Correction Program Based on a Noisy Channel Model"): each reading is aligned
letter by letter with what was written, which tells what becomes of a letter between its neighbours,
and of whole words. So a service that was added today is understood by voice before anybody has run
`seva speech augment`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

import regex
from rapidfuzz.distance import Levenshtein

from nlu.augment.segments import Segment, Writing, join
from nlu.text import normalise
from nlu.text.indic_letters import romanise

_NO_LETTER = regex.compile(r"[^a-z]+")
_DIGIT = regex.compile(r"\p{Nd}")
_EDGE = " "


class Misheard:
    """Sentences as a transcript of somebody saying them, by language."""

    def __init__(
        self, readings: Mapping[str, Iterable[tuple[str, str]]], settings: Mapping[str, Any]
    ) -> None:
        """`readings` by language: what was read and what was written. `settings` as under
        `misheard` of `data/augmentation.yml`."""
        self._channels = {
            language: _Channel(pairs, settings) for language, pairs in readings.items()
        }

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The text misheard, without marks and numbers: where a value lies is not known. As it is
        where nothing was read in its language."""
        channel = self._channels.get(where.key.split("-")[0])
        heard = channel.hear(join(pieces)[0], random) if channel else ""
        return (Segment(heard),) if heard else pieces


class _Channel:
    """What becomes of words and letters of one language."""

    def __init__(self, pairs: Iterable[tuple[str, str]], settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._words: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._letters: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for said, written in pairs:
            if not _DIGIT.search(said):  # a number is read as words
                self._learn(_letters(said), _letters(written))

    def _learn(self, said: str, written: str) -> None:
        if not said or not written:
            return
        became = _aligned(said, written)
        for at, heard in enumerate(became):
            for context in _contexts(said, at):
                self._letters[context][heard] += 1
        start = 0
        for word in said.split(_EDGE):
            self._words[word]["".join(became[start : start + len(word)])] += 1
            start += len(word) + 1

    def hear(self, text: str, random: Random) -> str:
        said = _letters(text)
        out: list[str] = []
        start = 0
        for word in said.split(_EDGE):
            known = self._words.get(word)
            end = start + len(word)
            often = known is not None and known.total() >= self._settings["word_seen"]
            if known is not None and often and random.random() < self._settings["word"]:
                out.append(_draw(known, random))
            else:
                out += (self._letter(said, at, random) for at in range(start, end))
            if end < len(said):
                out.append(self._letter(said, end, random))
            start = end + 1
        return " ".join("".join(out).split())

    def _letter(self, said: str, at: int, random: Random) -> str:
        """By its neighbours where these were seen often enough, else by itself."""
        closest, *wider = _contexts(said, at)
        seen = self._letters.get(closest)
        if seen is not None and seen.total() >= self._settings["context_seen"]:
            return _draw(seen, random)
        for context in wider:
            seen = self._letters.get(context)
            if seen is not None:
                return _draw(seen, random)
        return said[at]


def _letters(text: str) -> str:
    """Rough Latin letters and single spaces."""
    return " ".join(_NO_LETTER.sub(_EDGE, romanise(normalise(text).text).lower()).split())


def _aligned(said: str, written: str) -> list[str]:
    """What stands for each letter of `said` in `written`; together they are `written`."""
    became = [""] * len(said)
    for edit in Levenshtein.opcodes(said, written):
        if edit.tag == "insert":
            became[max(0, edit.src_start - 1)] += written[edit.dest_start : edit.dest_end]
        elif edit.tag != "delete":
            for step in range(edit.src_end - edit.src_start):
                became[edit.src_start + step] += written[edit.dest_start + step]
    return became


def _contexts(said: str, at: int) -> Iterator[str]:
    """The letter between its neighbours, before the next one, alone."""
    before = said[at - 1] if at else _EDGE
    after = said[at + 1] if at + 1 < len(said) else _EDGE
    yield f"{before}{said[at]}{after}"
    yield f"{said[at]}{after}"
    yield said[at]


def _draw(seen: Counter[str], random: Random) -> str:
    return random.choices(list(seen), list(seen.values()))[0]
