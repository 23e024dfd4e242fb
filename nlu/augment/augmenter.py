"""Varied copies of utterances, as a plan says, and the training set that is made with them.

The same plan and utterance give the same copies every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Protocol

from nlu.augment.letters import LoanWords, Romanised, Spelling, WordRomaniser
from nlu.augment.segments import Augmented, Segment, Writing, cut, join
from nlu.augment.transcripts import (
    FOLDER,
    Heard,
    HeardUtterance,
    Misheard,
    Transcript,
    read_all_heard,
)
from nlu.augment.typing_habits import TypingHabits
from nlu.augment.values import Counted, Values
from nlu.catalogue.model import Catalogue, SlotType, Utterance
from nlu.fast_yaml import load_yaml
from nlu.text.romanisation import romanisers

KINDS = (
    *("romanised", "spelling", "typing", "speech"),
    *("heard", "misheard", "numbers", "values", "loan_words"),
)
"""Kinds of variation; `a+b` applies b to the result of a."""
_TRIES = 3  # a draw that changes nothing is repeated


class Variation(Protocol):
    """One way to vary an utterance."""

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The pieces said or written in another way, or the same pieces when nothing applies."""
        ...


class Augmenter:
    """Makes varied copies. They depend only on the seed and the utterance."""

    def __init__(
        self,
        catalogue: Catalogue,
        romanisers: Mapping[str, WordRomaniser],
        plan: Mapping[str, float],
        seed: int | None = None,
    ) -> None:
        """`plan`: copies of each utterance per kind, such as {romanised: 1, values+typing: 0.5}.

        A fraction is a chance. `romanisers` are given by language code. A language without one is
        romanised by rule. `seed` overrides the one of `data/augmentation.yml`. Raises ValueError
        for an unknown kind and FileNotFoundError without the data file.
        """
        tables = load_tables(catalogue.root)
        unknown = {kind for chain in plan for kind in chain.split("+")} - set(KINDS)
        if unknown:
            raise ValueError(
                f"unknown kinds of augmentation: {', '.join(sorted(unknown))}; "
                f"there are {', '.join(KINDS)}"
            )
        self._plan = {chain: float(copies) for chain, copies in plan.items()}
        self._seed = tables["seed"] if seed is None else seed
        self._keys: Mapping[str, list[str]] = tables["keys"]
        scripts = {
            key.script: romanisers[key.language]
            for key in catalogue.languages.keys.values()
            if key.language in romanisers
        }
        folder = catalogue.root / FOLDER
        makers: dict[str, Callable[[], Variation]] = {
            "romanised": lambda: Romanised(scripts),
            "spelling": lambda: Spelling(tables["spelling"]),
            "typing": lambda: TypingHabits(tables["typing"]),
            "speech": lambda: Transcript(tables["speech"]),
            "heard": lambda: Heard(_read_heard(folder)),
            "misheard": lambda: Misheard(
                _learned_from(_read_heard(folder), catalogue), tables["misheard"]
            ),
            "numbers": lambda: Counted(tables["numbers"]),
            "values": lambda: Values(catalogue, tables["values"]),
            "loan_words": lambda: LoanWords(tables["loan_words"]),
        }
        self._kinds = {kind: makers[kind]() for chain in plan for kind in chain.split("+")}
        self._types: dict[str, dict[str, SlotType]] = {
            name: {slot.name: slot.type for slot in service.slots}
            for name, service in catalogue.services.items()
        }

    def copies(
        self, utterance: Utterance, key: str, intent: str = "", draw: int = 0
    ) -> list[Augmented]:
        """The copies that the plan wants. No two are the same, and none is the utterance itself.

        Values are exchanged only where `intent` names a service, whose slots tell their types.
        Another `draw` gives other copies.
        """
        found: dict[str, Augmented] = {}
        for chain, wanted in self._plan.items():
            random = self._random(utterance.text, key, intent, chain, draw)
            number = int(wanted) + (random.random() < wanted % 1)
            for _ in range(number):
                copy = self._vary(utterance, key, intent, chain, random)
                if copy is not None:
                    found.setdefault(copy.text, copy)
        return list(found.values())

    def sample(self, utterance: Utterance, key: str, intent: str, draw: int) -> Augmented:
        """The utterance as a training epoch `draw` sees it: one copy of the plan, or itself.

        The plan's numbers are chances. If they are less than 1 together, the rest is the chance of
        the unchanged utterance, whose kind is the empty text. A kind that changes nothing also
        gives the utterance itself.
        """
        random = self._random(utterance.text, key, intent, "sample", draw)
        rest = max(0.0, 1.0 - sum(self._plan.values()))
        chain = random.choices([*self._plan, ""], [*self._plan.values(), rest])[0]
        copy = self._vary(utterance, key, intent, chain, random) if chain else None
        return copy or Augmented(utterance.text, utterance.marks, "")

    def _vary(
        self, utterance: Utterance, key: str, intent: str, chain: str, random: Random
    ) -> Augmented | None:
        """One copy, or None when the kinds change nothing in a few tries."""
        where = Writing(key, self._types.get(intent, {}))
        for _ in range(_TRIES):
            pieces, written = cut(utterance), where
            for kind in chain.split("+"):
                if written.key not in self._keys[kind]:
                    continue
                pieces = self._kinds[kind].vary(pieces, written, random)
                if kind in ("romanised", "speech", "heard", "misheard"):
                    written = Writing(_in_latin_letters(written.key), where.types)
            text, marks = join(pieces)
            if text and text != utterance.text:
                return Augmented(text, marks, chain)
        return None

    def _random(self, *what: object) -> Random:
        """A generator of its own for each utterance and use; text seeds do not vary by process."""
        return Random("\n".join(map(str, (self._seed, *what))))


@lru_cache(maxsize=8)
def _read_heard(folder: Path) -> tuple[HeardUtterance, ...]:
    return tuple(read_all_heard(folder))


def _learned_from(
    read: Iterable[HeardUtterance], catalogue: Catalogue
) -> dict[str, list[tuple[str, str]]]:
    """Readings of trained utterances, by language. Nothing is learned from the development part."""
    intents: dict[str, Any] = {**catalogue.services, **catalogue.conversation}
    trained = {
        " ".join(utterance.text.split())
        for intent in intents.values()
        for utterances in intent.utterances.values()
        for utterance in utterances
    }
    found: dict[str, list[tuple[str, str]]] = {}
    for row in read:
        if row.transcript and row.text in trained:
            found.setdefault(row.language, []).append((row.text, row.transcript))
    return found


def _in_latin_letters(key: str) -> str:
    return key if key.endswith("Latn") or key in ("en", "mix") else f"{key}-Latn"


@lru_cache(maxsize=8)
def load_tables(folder: Path) -> Mapping[str, Any]:
    """`augmentation.yml` of a data folder, read once. Raises FileNotFoundError."""
    return load_yaml((folder / "augmentation.yml").read_text("utf-8"))


@dataclass(frozen=True)
class Learned:
    """An utterance of a service or conversation intent, in one key, and copies of it."""

    intent: str
    key: str
    utterance: Utterance
    copies: tuple[Augmented, ...]
    development: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """Raw texts of the utterance and its copies."""
        return (self.utterance.text, *(copy.text for copy in self.copies))


def training_set(catalogue: Catalogue, plan: Mapping[str, float]) -> Iterator[Learned]:
    """Every utterance in the catalogue's order, with those of the development part last. `plan` is
    that of `Augmenter`."""
    intents: dict[str, Any] = {**catalogue.services, **catalogue.conversation}
    augmenter = Augmenter(catalogue, romanisers(catalogue.root / "romanisation"), plan)
    for name, intent in intents.items():
        for key, utterances in intent.utterances.items():
            for utterance in utterances:
                copies = augmenter.copies(utterance, key, name)
                yield Learned(name, key, utterance, tuple(copies))
    for name, intent in intents.items():
        for key, utterances in intent.development.items():
            for utterance in utterances:
                yield Learned(name, key, utterance, (), development=True)
