"""Case endings that Telugu and Hindi writers join to a word (తిరుపతికి, tirupatiki, దర్శనానికి)."""

from __future__ import annotations

from dataclasses import dataclass

from nlu.text.cache import kept
from nlu.text.lexicon import lexicon_cache, load_lexicon

_SHORTEST_STEM = 3


@dataclass(frozen=True)
class Stem:
    """A word without its case ending; `kept` of its characters belong to the stem."""

    text: str
    kept: int
    role: str | None


@kept(16384)
def stems(word: str) -> tuple[Stem, ...]:
    """The word itself, then the word without each case ending that it may have, longest first."""
    found = [Stem(word, len(word), None)]
    lowered = word.lower()
    for cut, put, marked, role in _suffixes():
        if lowered.endswith(cut) and len(word) - len(cut) >= _SHORTEST_STEM:
            base = word[: len(word) - len(cut)]
            found.append(Stem(base + put, len(base) + len(marked), role))
    return tuple(found)


@lexicon_cache(maxsize=1)
def _suffixes() -> tuple[tuple[str, str, str, str | None], ...]:
    rows = load_lexicon("suffixes")["suffixes"]
    found = [
        (str(row["cut"]), put, str(row.get("marked", put)), row.get("role"))
        for row in rows
        for put in [str(row.get("put", ""))]
    ]
    return tuple(sorted(found, key=lambda row: -len(row[0])))


def is_ending(word: str) -> bool:
    """True when the whole word is a case ending, as after a number: 245కి."""
    lowered = word.lower()
    return any(lowered == cut for cut, *_ in _suffixes())
