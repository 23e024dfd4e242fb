"""Corrections in the citizen's own words: "no, 45 not 54", "mobile number change", "galat hai".

Which value is meant is told by its label, else it is the one given last that the new value fits.
Cue words are in `data/dialogue.yml`; labels in the slot types and services.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from actions.dialogue.cues import Spotted, phrases_of, spot
from actions.dialogue.form import Form
from actions.dialogue.settings import CorrectionWords, DialogueSettings
from actions.dialogue.state import CHANGE, CONFIRM, READ_BACK, Heard, State
from actions.dialogue.steps import ASK, Step
from nlu.catalogue import Slot
from nlu.slots.kind import kind_of
from nlu.slots.words import Phrases, Spans, Word, words
from nlu.text import fold, normalise
from nlu.text.endings import stems
from nlu.text.lexicon import lexicon_cache, load_lexicon

_TRIED = 6  # parts of a message that may be the right value: it is said near the end
_FEW = 2  # words of a new value where the whole message may be an answer in any words


def corrected(form: Form, state: State, heard: Heard) -> Step | None:
    """The step of a message with a cue word of a correction; None where it is none."""
    given = _given(state)
    if not given or (heard.kind == "conversation" and heard.intent == "affirm"):
        return None
    apart = _apart(form, state, heard, given)
    if not apart.cues or _elsewhere(form, state, heard, apart):
        return None
    values = _new_values(form, state, apart, given)
    if values and not _is_answer(form, state, heard, apart):
        return _replaced(form, state, heard, values)
    wrong = WRONG in apart.cues or apart.named
    if wrong and not values and _says_no_more(form, state, heard, apart):
        return _asked_again(form, state, heard, apart, given)
    return None


def renamed(form: Form, state: State, heard: Heard) -> Step | None:
    """The step of a message that names a given slot in full with a new value, as in "mobile number
    9848012346"; None where it answers the open question or is something else."""
    slot = form.asked_slot(state)
    given = _given(state)
    if not given or (slot is not None and form.read(slot, heard.text) is not None):
        return None
    apart = _apart(form, state, heard, given)
    named = replace(apart, named=apart.in_full)
    values = _new_values(form, state, named, given) if apart.in_full else {}
    return _replaced(form, state, heard, values) if values else None


def _given(state: State) -> list[str]:
    """Slots with a value, the latest first; the one read back before all."""
    asked = state.asked or ""
    read_back = asked[len(READ_BACK) :] if asked.startswith(READ_BACK) else ""
    given = [name for name in reversed(state.given) if name in state.values]
    return sorted(given, key=lambda name: name != read_back)


def _apart(form: Form, state: State, heard: Heard, given: list[str]) -> Apart:
    return take_apart(heard.text, [form.slot(state, name) for name in given], form.settings)


def _elsewhere(form: Form, state: State, heard: Heard, apart: Apart) -> bool:
    """Whether the message asks for another service: "change the name on my ration card"."""
    other = heard.kind == "route" and heard.options[:1] not in ((), (state.service,))
    sure = heard.confidence >= form.settings.switch_confidence
    return other and sure and apart.loose > _FEW


def _new_values(form: Form, state: State, apart: Apart, given: list[str]) -> dict[str, str]:
    """The right values: those that are found in free text, else the one that a slot's question
    would take, of the slots named or of all, the latest first."""
    targets = [name for name in given if not apart.named or name in apart.named]
    parts = apart.parts[-_TRIED:]
    found = form.found(state.service or "", " ".join(parts), {})
    changed = {n: v for n, v in found.items() if n in targets and v != state.values[n]}
    if changed:
        return changed
    for name in targets:
        slot = form.slot(state, name)
        if kind_of(slot.type).any_words and not apart.named and name != given[0]:
            continue
        for part in reversed(parts):
            value = form.read(slot, part)
            if value is not None and value != state.values[name]:
                return {name: value}
    return {}


def _is_answer(form: Form, state: State, heard: Heard, apart: Apart) -> bool:
    """Whether the message answers the open question rather than correcting another one."""
    slot = form.asked_slot(state)
    if slot is None or (state.asked or "").startswith(READ_BACK):
        return False
    if form.read(slot, heard.text) is None:
        return False
    if kind_of(slot.type).any_words:
        return apart.loose > _FEW
    latest = form.slot(state, state.given[-1]) if state.given[-1] in state.values else None
    only_no = apart.cues == {NO} and not apart.named
    return only_no and (latest is None or latest.type != slot.type)


def _says_no_more(form: Form, state: State, heard: Heard, apart: Apart) -> bool:
    """Whether a message without a new value is about what is wrong, and no answer."""
    slot = form.asked_slot(state)
    if apart.loose == 0 or slot is None:
        return True
    return bool(apart.named) and form.read(slot, heard.text) is None


def _replaced(form: Form, state: State, heard: Heard, values: dict[str, str]) -> Step:
    state = form.follow_native(state, heard)
    step = form.after(form.told(state, values, spoken=heard.by_voice))
    if step.state.asked == CONFIRM or (step.state.asked or "").startswith(READ_BACK):
        return step  # shown there
    return step.after_saying(*(form.noted(step.state, name) for name in values))


def _asked_again(
    form: Form, state: State, heard: Heard, apart: Apart, given: list[str]
) -> Step | None:
    """The question for what is wrong; at the confirmation, where that is not told, all values to
    choose from. The old value stays until there is a new one."""
    state = form.follow(state, heard)
    if not apart.named and state.asked in (CONFIRM, CHANGE):
        return Step(replace(state, asked=CHANGE, page=0, attempts=0), ASK)
    name = next((name for name in given if name in apart.named), given[0])
    tried = 1 if apart.loose else 0  # what was said did not fit: the question with its example
    return Step(replace(state, asked=name, page=0, attempts=tried), ASK)


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


@lexicon_cache(maxsize=4)
def _lookup(cue_words: CorrectionWords, polite: tuple[str, ...]) -> Phrases[str]:
    pairs = [
        (WRONG, cue_words.wrong),
        (NO, cue_words.denies),
        (BEHIND, cue_words.wrong_behind),
        (BEFORE, cue_words.wrong_before),
        (FILLER, (*cue_words.filler, *polite)),
    ]
    return phrases_of(pairs)
