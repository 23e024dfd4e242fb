"""A message taken apart for corrections: cue words, slots named by their labels, what is left."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from actions.dialogue.cues import Spotted, phrases_of, spot
from actions.dialogue.settings import CorrectionWords, DialogueSettings
from nlu.catalogue import Slot
from nlu.slots.spans import Spans
from nlu.slots.words import Phrases, Word, words
from nlu.text import fold, normalise
from nlu.text.endings import stems
from nlu.text.lexicon import lexicon_cache, load_lexicon

WRONG, NO, BEHIND, BEFORE, FILLER = "wrong", "denies", "wrong_behind", "wrong_before", "filler"
_SHORTEST_LABEL = 3  # letters of a label's word that names its slot


@dataclass(frozen=True)
class Apart:
    """`named` are the slots that the message names best, `in_full` those whose whole label it has;
    `parts` may hold the right value; `loose` counts the words that are neither cue, nor label, nor
    filler."""

    cues: frozenset[str]
    named: tuple[str, ...]
    in_full: tuple[str, ...]
    parts: tuple[str, ...]
    loose: int


def take_apart(text: str, slots: Sequence[Slot], settings: DialogueSettings) -> Apart:
    """Cues and names in a message, and the words around them but for those said to be wrong."""
    plain = normalise(text).text
    low = plain.lower()
    spotted = spot(low, _lookup(settings.corrections, settings.polite))
    cues = [cue for cue in spotted if cue.meaning != FILLER]
    taken = Spans((cue.start, cue.end) for cue in spotted)
    left = [t for t in words(low) if not taken.meets(t.start, t.start + 1)]
    known = {text: _naming(text, slots) for text in {token.text for token in left}}
    names = [known[token.text] for token in left]
    loose = [token for token, named in zip(left, names) if not named]
    return Apart(
        cues=frozenset(cue.meaning for cue in cues),
        named=_best(names),
        in_full=_in_full(words(low), slots),
        parts=tuple(_parts(plain, cues, loose)),
        loose=len(loose),
    )


def _parts(plain: str, cues: Sequence[Spotted], loose: Sequence[Word]) -> Iterator[str]:
    """The words between cues, from the first to the last that is loose. In "45 not 54", and
    in "54 is wrong, 45" of languages that put it so, only 45 is left."""
    edges = [0, *(cue.end for cue in cues)]
    ends = [*(cue.start for cue in cues), len(plain)]
    starts = [word.start for word in loose]
    for index, (start, end) in enumerate(zip(edges, ends)):
        if index > 0 and cues[index - 1].meaning == BEHIND:  # wrong up to a comma
            comma = plain.find(", ", start, end)
            start = comma if comma >= 0 else end
        held = loose[bisect_left(starts, start) : bisect_left(starts, end)]
        before = index < len(cues) and cues[index].meaning in (NO, BEFORE)
        if held and not before:
            yield plain[held[0].start : held[-1].end]


def _best(names: Sequence[frozenset[str]]) -> tuple[str, ...]:
    """The slots named most: a word that names several counts less for each."""
    scores: dict[str, float] = {}
    for named in names:
        for slot in named:
            scores[slot] = scores.get(slot, 0.0) + 1 / len(named)
    most = max(scores.values(), default=0.0)
    return tuple(slot for slot, score in scores.items() if score == most)


def _naming(word: str, slots: Sequence[Slot]) -> frozenset[str]:
    """The slots whose label, or a word that announces their type, has this word."""
    sounds = {fold(stem.text) for stem in stems(word)}
    return frozenset(slot.name for slot in slots if sounds & _sounds(slot))


def _in_full(tokens: Sequence[Word], slots: Sequence[Slot]) -> tuple[str, ...]:
    """The slots of which a whole label, in any language, is in the message."""
    said = {fold(stem.text) for token in tokens for stem in stems(token.text)}
    labels = {slot.name: (slot.label or slot.type.label).values() for slot in slots}
    return tuple(
        name
        for name, texts in labels.items()
        if any(said >= {fold(word.text) for word in words(text.lower())} for text in texts)
    )


def _sounds(slot: Slot) -> frozenset[str]:
    labels = tuple((slot.label or slot.type.label).values())
    return _label_sounds(labels, slot.type.name)


@lexicon_cache(maxsize=1024)
def _label_sounds(labels: tuple[str, ...], slot_type: str) -> frozenset[str]:
    announcing = load_lexicon("cues")["types"].get(slot_type, ())
    every = [word.text for text in (*labels, *map(str, announcing)) for word in words(text.lower())]
    return frozenset(fold(word) for word in every if len(word) >= _SHORTEST_LABEL)


@lru_cache(maxsize=4)
def _lookup(cue_words: CorrectionWords, polite: tuple[str, ...]) -> Phrases[str]:
    pairs = [
        (WRONG, cue_words.wrong),
        (NO, cue_words.denies),
        (BEHIND, cue_words.wrong_behind),
        (BEFORE, cue_words.wrong_before),
        (FILLER, (*cue_words.filler, *polite)),
    ]
    return phrases_of(pairs)
