"""One spelling for one text, with the way back: every normalised character knows its raw place.

indic-nlp-library's normalisers are not called: their `consonant + ':'` to visarga rule rewrites
"तारीख: 5", they turn '|' into a danda, change lengths without telling where, and a second pass may
change the text again. The mappings of theirs that are safe (decomposed nuktas, two-part vowels,
zero-width characters, quotes) are done here; tests/text/test_normalise.py compares the two.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import regex

_CLUSTER = regex.compile(r"\X")

# Two signs typed for one letter. Keys are what people type, values the single letter.
_JOINED = {
    "అా": "ఆ",
    "ఒౌ": "ఔ",
    "अा": "आ",
    "अो": "ओ",
    "अौ": "औ",
    "अॉ": "ऑ",
    "अॅ": "ॲ",
    "एे": "ऐ",
    "आे": "ओ",
    "आै": "औ",
}
_PLAIN = {
    "‘": "'",
    "’": "'",
    "ʼ": "'",
    "“": '"',
    "”": '"',
    "‐": "-",
    "‑": "-",
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
}
_DROPPED = frozenset({"\u00ad", "\u034f", "\ufe0e", "\ufe0f"})

_UNSETTLED = regex.compile(
    # What a round may change: format characters and controls, foreign digits and spaces, forms of
    # ASCII, spaces at the ends or in a row, and two signs for one letter.
    r"[\p{Cf}\p{Cc}\uff01-\uff5e]|[^0-9\P{Nd}]|[^ \S]|^ |  | \Z|\L<listed>",
    listed=[*_PLAIN, *_DROPPED, *_JOINED],
)


@dataclass(frozen=True)
class Normalised:
    """Text after cleaning; `offsets[i]` and `ends[i]` bound the raw characters behind `text[i]`."""

    text: str
    offsets: tuple[int, ...]
    ends: tuple[int, ...]
    raw: str

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Raw (start, end) of the normalised characters `start:end`; an empty span stays empty."""
        if start >= end:
            at = self.offsets[start] if start < len(self.offsets) else len(self.raw)
            return at, at
        return self.offsets[start], self.ends[end - 1]


@lru_cache(maxsize=1024)
def normalise(text: str) -> Normalised:
    """NFC, no invisible characters, ASCII digits and quotes, single spaces. Idempotent."""
    if unicodedata.is_normalized("NFC", text) and not _UNSETTLED.search(text):
        return Normalised(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)), text)
    return _settled(text)


def _settled(text: str) -> Normalised:
    """Round after round until nothing changes."""
    spelled, starts, ends = text, list(range(len(text))), list(range(1, len(text) + 1))
    for _ in range(4):  # a composed letter can meet another one; texts settle in one or two rounds
        again, sources = _pass(spelled)
        starts, ends = [starts[a] for a, _ in sources], [ends[b - 1] for _, b in sources]
        settled, spelled = again == spelled, again
        if settled:
            break
    return Normalised(spelled, tuple(starts), tuple(ends), text)


def _pass(text: str) -> tuple[str, list[tuple[int, int]]]:
    """One round; each resulting character with its (start, end) in `text`."""
    out: list[str] = []
    sources: list[tuple[int, int]] = []
    for match in _CLUSTER.finditer(text):
        letters = [(c, i) for i, c in enumerate(match.group(), match.start()) if not _invisible(c)]
        cluster = unicodedata.normalize("NFC", "".join(c for c, _ in letters))
        cluster = "".join(
            _character(c) for c in _JOINED.get(cluster[:2], cluster[:2]) + cluster[2:]
        )
        if cluster.strip() == "" and cluster:
            if out and out[-1] != " ":
                out.append(" ")
                sources.append((match.start(), match.end()))
            continue
        exact = len(cluster) == len(letters)
        for i, character in enumerate(cluster):
            at = letters[i][1] if exact else letters[0][1]
            out.append(character)
            sources.append((at, at + 1 if exact else letters[-1][1] + 1))
    if out and out[-1] == " ":
        out.pop()
        sources.pop()
    return "".join(out), sources


def _invisible(character: str) -> bool:
    """Zero-width, bidirectional and other format characters, and controls that are not spaces."""
    if character in _DROPPED:
        return True
    category = unicodedata.category(character)
    return category == "Cf" or (category == "Cc" and not character.isspace())


def _character(character: str) -> str:
    if character.isspace():
        return " "
    if "\uff01" <= character <= "\uff5e":  # full-width forms of ASCII
        character = chr(ord(character) - 0xFEE0)
    if not character.isascii() and unicodedata.category(character) == "Nd":
        return str(unicodedata.digit(character))
    return _PLAIN.get(character, character)
