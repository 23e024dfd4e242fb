"""One spelling for each text. Every normalised character knows its place in the raw text.

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

from nlu.text.cache import SENTENCE, kept

# A letter with its marks. Halves of flags are taken one by one: `\X` counts all before each.
_CLUSTER = regex.compile(r"[\U0001f1e6-\U0001f1ff]|\X")
_HEAP = regex.compile(r"(\p{M}{30})\p{M}+")
_SYLLABLE = 16  # characters; longer clusters are rare and are not cached

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
    # ASCII, spaces at the ends or in a row, heaps of marks, and two signs for one letter.
    r"\p{M}{31}|[\p{Cf}\p{Cc}\uff01-\uff5e]|[^0-9\P{Nd}]|[^ \S]|^ |  | \Z|\L<listed>",
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


@kept(1024, SENTENCE)
def normalise(text: str) -> Normalised:
    """NFC, no invisible characters, ASCII digits and quotes, single spaces. Idempotent."""
    if _is_settled(text):
        return Normalised(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)), text)
    return _settled(text)


def _settled(text: str) -> Normalised:
    """Normalises in rounds until nothing changes."""
    starts = _readable(text)
    spelled, ends = "".join(text[at] for at in starts), [at + 1 for at in starts]
    for _ in range(4):  # a composed letter can meet another one; texts settle in one or two rounds
        spelled, firsts, lasts = _pass(spelled)
        starts, ends = [starts[at] for at in firsts], [ends[at] for at in lasts]
        if _is_settled(spelled):
            break
    return Normalised(spelled, tuple(starts), tuple(ends), text)


def _is_settled(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not _UNSETTLED.search(text)


def _readable(text: str) -> list[int]:
    """Places of all characters without heaps of marks, which no letter has. Unicode sorts the marks
    of a letter by comparing each with each, so a heap would take long (UAX 15)."""
    places = list(range(len(text)))
    for heap in reversed(list(_HEAP.finditer(text))):
        del places[heap.end(1) : heap.end()]
    return places


def _pass(text: str) -> tuple[str, list[int], list[int]]:
    """One round: the new text, and for each of its characters the first and the last one in `text`
    that it stands for."""
    out: list[str] = []
    firsts: list[int] = []
    lasts: list[int] = []
    for match in _CLUSTER.finditer(text):
        cluster, start = match.group(), match.start()
        spelled, kept = _spelled(cluster) if len(cluster) <= _SYLLABLE else _spell(cluster)
        if spelled == " ":
            if out and out[-1] != " ":
                out.append(" ")
                firsts.append(start)
                lasts.append(match.end() - 1)
        elif len(spelled) == len(kept):
            out += spelled
            firsts += [start + at for at in kept]
            lasts += [start + at for at in kept]
        else:
            out += spelled
            firsts += [start + kept[0]] * len(spelled)
            lasts += [start + kept[-1]] * len(spelled)
    if out and out[-1] == " ":
        del out[-1], firsts[-1], lasts[-1]
    return "".join(out), firsts, lasts


def _spell(cluster: str) -> tuple[str, tuple[int, ...]]:
    """The spelling of a cluster, and the places of the characters that were not dropped."""
    kept = tuple(at for at, c in enumerate(cluster) if not _invisible(c))
    joined = unicodedata.normalize("NFC", "".join(cluster[at] for at in kept))
    joined = _JOINED.get(joined[:2], joined[:2]) + joined[2:]
    spelled = "".join(_character(c) for c in joined)
    return (" " if spelled and not spelled.strip() else spelled), kept


_spelled = lru_cache(maxsize=8192)(_spell)


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
