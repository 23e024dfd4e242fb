"""Numbers and words of `data/dialogue.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml


@dataclass(frozen=True)
class CorrectionWords:
    """See `corrections:` in `data/dialogue.yml`."""

    wrong: tuple[str, ...]
    denies: tuple[str, ...]
    wrong_behind: tuple[str, ...]
    wrong_before: tuple[str, ...]
    filler: tuple[str, ...]


@dataclass(frozen=True)
class CodeSettings:
    """Of a one-time code: its digits, how many wrong tries it stands, how long it is good."""

    digits: int
    tries: int
    minutes: int


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
    number_digits: int
    offered: int
    drafts_kept: int
    working_seconds: float
    resume_minutes: int
    drop_hours: int
    code: CodeSettings
    voice_sure: Mapping[str, float]
    read_back: tuple[str, ...]
    pins: tuple[str, ...]
    remembered: tuple[str, ...]
    remembered_values: int
    retry_words: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    ordinals: tuple[tuple[str, ...], ...]
    polite: tuple[str, ...]
    corrections: CorrectionWords


@lru_cache(maxsize=4)
def load_settings(folder: Path) -> DialogueSettings:
    """Reads `<folder>/dialogue.yml`. Raises TypeError when a line is missing or unknown."""
    raw = load_yaml((folder / "dialogue.yml").read_text("utf-8"))
    for name in ("retry_words", "read_back", "pins", "remembered", "polite"):
        raw[name] = tuple(raw[name])
    raw["words"] = {meaning: _flat(by_key) for meaning, by_key in raw["words"].items()}
    raw["ordinals"] = tuple(tuple(words) for words in raw["ordinals"])
    raw["code"] = CodeSettings(**raw["code"])
    cues = {name: _flat(words) for name, words in raw["corrections"].items()}
    raw["corrections"] = CorrectionWords(**cues)
    return DialogueSettings(**raw)


def _flat(words: Any) -> tuple[str, ...]:
    """Words of one list, or of one list for each key."""
    lists = words.values() if isinstance(words, Mapping) else [words]
    return tuple(str(word) for some in lists for word in some)
