"""Numbers and words of `data/dialogue.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NewType

from nlu.fast_yaml import load_yaml
from nlu.records import Misfit, read_as, read_record

Cues = NewType("Cues", tuple[str, ...])
"""Words of all languages: one list in the file, or one for each key."""


@dataclass(frozen=True)
class CorrectionWords:
    """See `corrections:` in `data/dialogue.yml`."""

    wrong: Cues
    denies: Cues
    wrong_behind: Cues
    wrong_before: Cues
    filler: Cues


@dataclass(frozen=True)
class MoneyWords:
    """See `money_taken:` in `data/dialogue.yml`."""

    what: Cues
    taken: Cues


@dataclass(frozen=True)
class VillageWords:
    """See `villages:` in `data/dialogue.yml`."""

    types: tuple[str, ...]
    village: Cues
    town: Cues


@dataclass(frozen=True)
class BankCode:
    """How many digits a secret of a bank has, and its words."""

    digits: tuple[int, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class BankCodes:
    """See `bank_codes:` in `data/dialogue.yml`."""

    near: int
    instead: str
    kinds: Mapping[str, BankCode]


@dataclass(frozen=True)
class CodeSettings:
    """Of a one-time code: its digits, how many wrong tries it stands, how long it is good."""

    digits: int
    tries: int
    minutes: int


@dataclass(frozen=True)
class AnswerSettings:
    """How the words of an answer are judged: by type of slot, the labels of the trait `answer` that
    can be one. From the share `doubt` of another label on the citizen is asked whether it was
    meant, from `refuse` on it is not taken. `requests` are the labels of words that want something
    else."""

    doubt: float
    refuse: float
    requests: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class WelcomeSettings:
    """The buttons under a greeting: the services that were used most in the last `days`. One counts
    from `least` times on; `services` fill what is left."""

    days: int
    least: int
    services: tuple[str, ...]


@dataclass(frozen=True)
class LanguageWish:
    """See `language_wish:` in `data/dialogue.yml`."""

    words: Cues
    denied_behind: Cues
    denied_before: Cues


@dataclass(frozen=True)
class NumberWords:
    """Words about numbers that were given, or are not at hand: see `numbers:` in the file."""

    lacks: Cues
    of: Cues
    mine: Cues
    wants: Mapping[str, Cues]
    things: Mapping[str, Cues]
    filler: Cues


@dataclass(frozen=True)
class StorySettings:
    """How a message of several sentences is heard; see `story:` in `data/dialogue.yml`."""

    request: float
    short: int
    sentences: int
    sure: float
    complaint: float
    words: int
    shown: int
    grievance: str
    description: str
    wants: Cues
    feelings: Mapping[str, Cues]


@dataclass(frozen=True)
class DialogueSettings:
    """See the comments in `data/dialogue.yml`; `words` maps what is meant to all its words."""

    max_attempts: int
    interrupt_confidence: float
    interrupt_confidence_open: float
    switch_confidence: float
    switch_confidence_open: float
    switch_confidence_short: float
    answer_words: int
    switch_words: int
    language_confidence: float
    language_words: int
    first_language_words: int
    list_page: int
    list_rows: int
    reply_buttons: int
    row_title: int
    button_title: int
    number_digits: int
    offered: int
    drafts_kept: int
    working_seconds: float
    resume_minutes: int
    drop_hours: int
    code: CodeSettings
    answers: AnswerSettings
    welcome: WelcomeSettings
    story: StorySettings
    offer_words: int
    voice_sure: Mapping[str, float]
    read_back: tuple[str, ...]
    pins: tuple[str, ...]
    remembered: tuple[str, ...]
    remembered_values: int
    recalled: tuple[str, ...]
    recalled_numbers: int
    numbers: NumberWords
    retry_words: tuple[str, ...]
    words: Mapping[str, Cues]
    steering: Mapping[str, str]
    ordinals: tuple[tuple[str, ...], ...]
    polite: tuple[str, ...]
    corrections: CorrectionWords
    language_wish: LanguageWish
    money_taken: MoneyWords
    villages: VillageWords
    bank_codes: BankCodes


@lru_cache(maxsize=4)
def load_settings(folder: Path) -> DialogueSettings:
    """Reads `<folder>/dialogue.yml`, with the sentences of `understanding/steering.yml`. Raises
    RecordError."""
    settings = read_record(folder / "dialogue.yml", DialogueSettings)
    words = dict(settings.words)
    for name, some in _steering(folder / "understanding" / "steering.yml").items():
        meaning = settings.steering.get(name)
        if meaning is not None:
            words[meaning] = Cues((*words.get(meaning, ()), *_cues(some)))
    return replace(settings, words=words)


def _steering(path: Path) -> Mapping[str, Any]:
    """Sentences by name; none where a release has no such file."""
    if not path.is_file():
        return {}
    found: Mapping[str, Any] = load_yaml(path.read_text("utf-8"))["steering"]
    return found


def _cues(words: Any) -> Cues:
    lists = words.values() if isinstance(words, Mapping) else [words]
    if not all(isinstance(some, list) for some in lists):
        raise Misfit("must be a list of words, or one for each key", "write `key: [word, ...]`")
    return Cues(tuple(str(word) for some in lists for word in some))


read_as(Cues, _cues)
