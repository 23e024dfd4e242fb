"""Numbers and words of `data/dialogue.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NewType

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
class CodeSettings:
    """Of a one-time code: its digits, how many wrong tries it stands, how long it is good."""

    digits: int
    tries: int
    minutes: int


@dataclass(frozen=True)
class AnswerSettings:
    """How the words of an answer are judged: by type of slot, the labels of the trait `answer` that
    can be one. From the probability `doubt` on that it is none of them the citizen is asked whether
    it was meant, from `refuse` on it is not taken."""

    doubt: float
    refuse: float
    labels: Mapping[str, tuple[str, ...]]


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
    story: StorySettings
    offer_words: int
    voice_sure: Mapping[str, float]
    read_back: tuple[str, ...]
    pins: tuple[str, ...]
    remembered: tuple[str, ...]
    remembered_values: int
    retry_words: tuple[str, ...]
    words: Mapping[str, Cues]
    ordinals: tuple[tuple[str, ...], ...]
    polite: tuple[str, ...]
    corrections: CorrectionWords


@lru_cache(maxsize=4)
def load_settings(folder: Path) -> DialogueSettings:
    """Reads `<folder>/dialogue.yml`. Raises RecordError."""
    return read_record(folder / "dialogue.yml", DialogueSettings)


def _cues(words: Any) -> Cues:
    lists = words.values() if isinstance(words, Mapping) else [words]
    if not all(isinstance(some, list) for some in lists):
        raise Misfit("must be a list of words, or one for each key", "write `key: [word, ...]`")
    return Cues(tuple(str(word) for some in lists for word in some))


read_as(Cues, _cues)
