"""What the checker holds the data to, read from `data/check.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import regex

from nlu.paths import SHIPPED
from nlu.records import Misfit, read_record

FILE = "check.yml"


@dataclass(frozen=True)
class PhraseLimit:
    """A phrase the code says: the fields it fills in, and how long it may be at most; None: as
    long as any sentence."""

    fields: tuple[str, ...] = ()
    longest: int | None = None


@dataclass(frozen=True)
class Counts:
    """The fewest sentences of each key, and the fewest examples of a slot type. `talk`: trained
    ones of what has one reply."""

    trained: int
    holdout: int
    talk: int
    examples: int


@dataclass(frozen=True)
class Lengths:
    """The longest texts in code points, as WhatsApp counts them."""

    menu: int
    about: int
    button: int
    row: int
    sentence: int
    fact: int


@dataclass(frozen=True)
class Spelled:
    """Files of words that are no part of the catalogue, as patterns of paths in the data folder and
    beside the packages of the code. One that is not there is not looked for."""

    data: tuple[str, ...] = ()
    code: tuple[str, ...] = ()


@dataclass(frozen=True)
class KindOfMessage:
    """A way in which people write: from `fewest` to `most` words, with `signs` (emoji, line breaks,
    capitals), with one of `words`. `keys`: those in which it is written; all of them by default."""

    words: tuple[str, ...] = ()
    fewest: int | None = None
    most: int | None = None
    signs: bool = False
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Foreign:
    """From so many `words` and so `sure` (percent) a sentence is in another language than its
    key's."""

    words: int = 8
    sure: float = 99.99


@dataclass(frozen=True)
class Contrast:
    """At most so many percent of a key's trained sentences say what is not wanted ("not the
    receipt, the units"), by the regular expression of the key, on the sentence in lower case.
    The share is that of `fewest` sentences where a key has fewer."""

    most: float = 100
    fewest: int = 1
    patterns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, pattern in self.patterns.items():
            try:
                regex.compile(pattern)
            except regex.error as error:
                what = f"the pattern of `{key}` is no regular expression: {error}"
                raise Misfit(what, "correct it; https://pypi.org/project/regex says how") from error


@dataclass(frozen=True)
class Limits:
    """Shares and ratios are 0 to 100; see the comments in the file.

    `spellings`: reply language -> what Seva does not write -> what it writes instead.
    """

    counts: Counts
    lengths: Lengths
    buttons: int
    script_share: int
    leak_ratio: int
    swap_ratio: int
    swap_from: int
    leak_cosine: float
    swap_cosine: float
    phrases: Mapping[str, PhraseLimit]
    outside_ratio: int = 100
    outside_cosine: float = 100
    spellings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    spelled: Spelled = field(default_factory=Spelled)
    empty_words: tuple[str, ...] = ()
    """Words that change nothing of what is wanted: please, sir."""
    foreign: Foreign = field(default_factory=Foreign)
    contrast: Contrast = field(default_factory=Contrast)
    made_up: frozenset[str] = frozenset()
    """Aadhaar and mobile numbers that are nobody's, which sentences may have."""
    kinds: Mapping[str, KindOfMessage] = field(default_factory=dict)
    """Ways in which people write, by name, that every service should be taught."""


def load_limits(root: Path) -> Limits:
    """The limits of a data folder, and the project's own where the folder has none.

    Raises RecordError.
    """
    own, usual = root / FILE, SHIPPED / "data" / FILE
    return read_record(own, Limits, defaults=usual) if own.exists() else read_record(usual, Limits)
