"""What a kind of slot is: how its values are read, found, shown and varied.

Each module of `nlu/slots/kinds/` declares one kind or a few that are alike and registers them here.
Nothing else names a kind that it does not need: the catalogue, the readers of answers, the finders
in messages, the words shown and the varied copies all ask the kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.context import find_papers
from nlu.slots.words import Spans
from nlu.text import Normalised, find_numbers, normalise, spoken_to_digits
from nlu.text.indic_letters import spelled_letters
from nlu.text.lexicon import lexicon_cache

Reason = Literal[
    "empty",
    "format",  # nothing of the right shape
    "checksum",  # the right shape, but a digit is wrong
    "too_small",
    "too_large",
    "not_future",
    "not_past",
    "unknown_place",
    "unknown_choice",
    "digits",  # a name with digits in it
    "length",
]
View = Literal["clean", "digits", "codes"]
"""The text as it is, with number words as digits, and also with spelled letters as capitals."""
Elsewhere = Literal["calendar", "papers", "shaped", "announced"]
"""What may claim a piece of a message: dates and times; papers named by a number; values that have
a shape of their own; numbers with signs beside their cue, such as 4-5-12 after "door no"."""


@dataclass(frozen=True)
class Parsed:
    """An answer that fits: the stored value, and words to show for it where it is an id."""

    value: str
    display: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Rejected:
    """An answer that does not fit."""

    reason: Reason


@dataclass(frozen=True)
class Found:
    """A value in a free message; `start:end` and `raw` are code points of the text as given."""

    slot_type: str
    value: str
    start: int
    end: int
    raw: str
    confidence: float
    role: str | None = None
    slot: str | None = None  # set by extract_for_service


@dataclass(frozen=True)
class Hit:
    """A value at `start:end` of one view of the text, before its raw place is known."""

    start: int
    end: int
    value: str
    confidence: float = 1.0
    role: str | None = None
    one_service: bool = False  # counts only where the slots of one service are looked for


@dataclass(frozen=True)
class Phrase:
    """A sentence of `data/phrases.yml` with its fields: how a value is shown that has no words."""

    name: str
    fields: Mapping[str, str]


class Said:
    """The text that a citizen wrote or said, in the views that readers and finders need. Each view
    is made at most once."""

    def __init__(self, text: str, today: date) -> None:
        """`text` is raw; `today` is what "tomorrow" counts from."""
        self.clean: Normalised = normalise(text)
        self.today = today

    @property
    def text(self) -> str:
        """The cleaned text."""
        return self.clean.text

    @cached_property
    def digits(self) -> Normalised:
        """The text with number words as digits."""
        return spoken_to_digits(self.clean)

    @cached_property
    def codes(self) -> Normalised:
        """The text with number words as digits and names of letters as capitals."""
        return spelled_letters(self.digits)

    def view(self, name: View) -> Normalised:
        """One of the views by its name."""
        view: Normalised = getattr(self, name)
        return view

    @cached_property
    def calendar(self) -> Spans:
        """Raw places of dates and times: their numbers are no quantities and no codes."""
        if not find_numbers(self.text):
            return Spans(())
        hits = [hit for kind in kinds().values() if kind.claim for hit in kind.claim(self)]
        return Spans(self.clean.raw_span(hit.start, hit.end) for hit in hits)

    @cached_property
    def papers(self) -> Spans:
        """Raw places of papers that are named by a number. The number is none of the citizen's."""
        return Spans(self.clean.raw_span(*span) for span in find_papers(self.text))


@lexicon_cache(maxsize=2)
def said(text: str, today: date) -> Said:
    """The views of a message. They are kept, because several parts of Seva read it in turn."""
    return Said(text, today)


def _nothing(slot_type: SlotType, text: Said, catalogue: Catalogue) -> Iterable[Hit]:
    return ()


def _as_stored(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> str:
    return value


def _none_listed(slot_type: SlotType, language: str, key: str, catalogue: Catalogue) -> list[str]:
    return []


@dataclass(frozen=True)
class Kind:
    """A kind of slot. Only `name`, `reads` and `read` must be given."""

    name: str
    reads: str
    """One line of docs/catalogue.md: what it reads."""
    read: Callable[[SlotType, Said, Catalogue], Parsed | Rejected]
    """The value of an answer, or the reason why it does not fit."""

    # --- the catalogue -------------------------------------------------------------------
    needs: tuple[str, ...] = ()
    """Keys of `data/slot_types.yml` that a type of this kind must have."""
    allows: tuple[str, ...] = ()
    """Keys that it may have. Keys that only other kinds have mean nothing here."""
    check: Callable[[SlotType], tuple[str, str, str] | None] = lambda slot_type: None
    """A mistake in a type: its key, what is wrong, and what to do about it."""

    # --- in a free message ---------------------------------------------------------------
    find: Callable[[SlotType, Said, Catalogue], Iterable[Hit]] = _nothing
    """Values in a message, with their places in the view that `view` names."""
    view: View = "clean"
    prepare: Callable[[Catalogue], None] = lambda catalogue: None
    """Loads what is slow to load, so that no citizen waits for it."""
    shaped: bool = False
    """Its values have a shape of their own: they are found first, and no quantity is cut out."""
    signs: bool = False
    """Its values have signs and may look like dates; beside their cue they are none."""
    never: tuple[Elsewhere, ...] = ()
    """Values are never read from what these claim."""
    claim: Callable[[Said], Iterable[Hit]] | None = None
    """All places of a message that are dates or times, whatever their type."""
    lone_role: str = "to"
    """What a value without a role is where there are two slots of its type."""

    # --- in the dialogue -----------------------------------------------------------------
    any_words: bool = False
    """Any words can be the answer: no list and no format tells an answer from other words."""
    names_record: bool = False
    """Its value is the number of a record, which may tell the service and ride on a button."""
    show: Callable[[SlotType, str, str, Catalogue], str | Phrase] = _as_stored
    """A stored value in the citizen's language."""
    alone: str = "{}"
    """How a shown value is written where no sentence stands around it."""

    # --- varied copies of utterances -----------------------------------------------------
    listed: Callable[[SlotType, str, str, Catalogue], Sequence[str]] = _none_listed
    """Other values by language and key, beside the grammar of `data/augmentation.yml`."""
    takes_endings: bool = False
    """Listed values may stand before a case ending (తిరుపతికి)."""
    other_digits: bool = False
    """Another value is the same shape with other digits."""


KINDS: dict[str, Kind] = {}
"""The kinds that are registered, by name; `kinds()` has all of them."""


def register(*kinds: Kind) -> None:
    """Makes kinds known. Raises ValueError for a name that is taken."""
    for kind in kinds:
        if kind.name in KINDS:
            raise ValueError(f"there is a kind {kind.name} already")
        KINDS[kind.name] = kind


def kinds() -> Mapping[str, Kind]:
    """All kinds by name, with those of `nlu/slots/kinds/`."""
    import nlu.slots.kinds  # noqa: F401 - its modules register theirs

    return KINDS


def kind_of(slot_type: SlotType) -> Kind:
    """The kind of a slot type."""
    return kinds()[slot_type.kind]
