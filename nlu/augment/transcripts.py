"""What a speech model writes of an utterance. There are three kinds.

`speech` imitates Whisper base by rules. Its transcripts of Telugu and Hindi are the sound in rough
Latin letters ("Vijayavara Nunchi, Hyderabad ki Basu tiket buk chayali"). English comes out clean
and is not changed.

`heard` takes what the model really wrote when the utterance was read aloud. `seva speech augment`
makes these files (docs/voice.md).

`misheard` learns from those files and is for sentences that nobody read aloud. It is a noisy
channel (Kernighan, Church & Gale 1990, "A Spelling Correction Program Based on a Noisy Channel
Model"): each reading is aligned letter by letter with its transcript, to learn what becomes of a
letter between its neighbours and of whole words. So a new service is understood by voice before
anybody runs `seva speech augment`.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from random import Random
from typing import Any

import regex
from rapidfuzz.distance import Levenshtein

from nlu.augment.letters import INDIC_WORD, LetterRules
from nlu.augment.segments import (
    Segment,
    Writing,
    join,
    join_words,
    rewrite,
    rewrite_words,
    split_words,
)
from nlu.catalogue.errors import CatalogueError, Problem
from nlu.text import normalise
from nlu.text.indic_letters import romanise

_PUNCTUATION = regex.compile(r"(?<!\d)[^\p{L}\p{M}\p{N}\s]+|[^\p{L}\p{M}\p{N}\s]+(?!\d)")
FOLDER = "speech_augmentation"
_MEND = "take the file back from git, or delete it and run `seva speech augment`"
_NO_LETTER = regex.compile(r"[^a-z]+")
_DIGIT = regex.compile(r"\p{Nd}")
_EDGE = " "


class Transcript:
    """Adds the noise of speech recognition to romanised words."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` as under `speech` of `data/augmentation.yml`."""
        self._settings = settings
        self._sounds = LetterRules.from_data(settings["sounds"])

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The text as a transcript of somebody saying it."""
        rates = self._settings
        pieces = rewrite(pieces, lambda text: INDIC_WORD.sub(_by_rule, text))
        pieces = rewrite_words(pieces, lambda word: self._word(word, random))
        pieces = rewrite(pieces, lambda text: _PUNCTUATION.sub("", text))
        pieces = rewrite(
            pieces,
            lambda text: split_words(text, rates["split"], rates["longest_whole"], random),
        )
        pieces = rewrite(pieces, lambda text: join_words(text, rates["join"], random))
        pieces = tuple(
            piece
            if piece.mark is not None
            else piece.with_text(self._commas(piece.text, rates["comma"], random))
            for piece in pieces
        )
        if pieces and random.random() < rates["capital"]:
            first = pieces[0]
            pieces = (first.with_text(first.text[:1].upper() + first.text[1:]), *pieces[1:])
        return pieces

    def _word(self, word: str, random: Random) -> str:
        return self._sounds.vary(word.lower(), random) if word.isascii() else word

    @staticmethod
    def _commas(text: str, rate: float, random: Random) -> str:
        words = text.split(" ")
        return " ".join(
            f"{word}," if word.isalpha() and random.random() < rate else word for word in words[:-1]
        ) + (" " + words[-1] if len(words) > 1 else words[-1])


def _by_rule(word: regex.Match[str]) -> str:
    return romanise(normalise(word.group()).text)


@dataclass(frozen=True)
class HeardUtterance:
    """One reading: `text` is the utterance, `transcript` what `model` wrote (empty: nothing)."""

    intent: str
    language: str
    voice: str
    model: str
    text: str
    transcript: str


_COLUMNS = tuple(field.name for field in fields(HeardUtterance))


def read_heard(file: Path) -> list[HeardUtterance]:
    """The rows of one file, or none if there is no file. Raises CatalogueError."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        rows = list(reader)
    if not rows or tuple(rows[0]) != _COLUMNS:
        what = f"the columns are {' '.join(_COLUMNS)}, separated by tabs"
        raise CatalogueError([Problem(file, 1, what, _MEND)])
    problems = [
        Problem(file, number, f"{len(row)} columns where {len(_COLUMNS)} are expected", _MEND)
        for number, row in enumerate(rows, 1)
        if len(row) != len(_COLUMNS)
    ]
    if problems:
        raise CatalogueError(problems)
    return [HeardUtterance(*row) for row in rows[1:]]


def read_all_heard(folder: Path) -> list[HeardUtterance]:
    """The rows of all files of a folder. Raises CatalogueError."""
    return [row for file in sorted(folder.glob("*.tsv")) for row in read_heard(file)]


def write_heard(file: Path, rows: Iterable[HeardUtterance]) -> None:
    """Writes rows in sorted order, so that the same rows make the same file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    work = file.with_suffix(".part")
    with work.open("w", encoding="utf-8", newline="") as out:
        for row in (_COLUMNS, *sorted(map(astuple, set(rows)))):
            out.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")
    work.replace(file)


class Heard:
    """Replaces utterances by their transcripts. An utterance that nobody read stays as it is."""

    def __init__(self, rows: Iterable[HeardUtterance]) -> None:
        """`rows` of any voices."""
        found: dict[str, dict[str, None]] = {}
        for row in rows:
            if row.transcript:
                found.setdefault(row.text, {})[row.transcript] = None
        self._transcripts = {text: tuple(written) for text, written in found.items()}

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """One of the transcripts, without marks: nobody knows where a value lies in it."""
        text = " ".join(join(pieces)[0].split())
        written = self._transcripts.get(text)
        return (Segment(random.choice(written)),) if written else pieces


class Misheard:
    """Writes sentences as a speech model might have heard them, by language."""

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
        """The misheard text, without marks and numbers, because nobody knows where a value lies in
        it. A text stays as it is when nothing was read in its language."""
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
                self._learn(_sounds(said), _sounds(written))

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
        said = _sounds(text)
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
        """What a letter becomes: by its neighbours if these were seen often, else by itself."""
        closest, *wider = _contexts(said, at)
        seen = self._letters.get(closest)
        if seen is not None and seen.total() >= self._settings["context_seen"]:
            return _draw(seen, random)
        for context in wider:
            seen = self._letters.get(context)
            if seen is not None:
                return _draw(seen, random)
        return said[at]


def _sounds(text: str) -> str:
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
    """The letter with both neighbours, with the next one, and alone."""
    before = said[at - 1] if at else _EDGE
    after = said[at + 1] if at + 1 < len(said) else _EDGE
    yield f"{before}{said[at]}{after}"
    yield f"{said[at]}{after}"
    yield said[at]


def _draw(seen: Counter[str], random: Random) -> str:
    return random.choices(list(seen), list(seen.values()))[0]
