"""Numbers and words of `data/dialogue.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml


@dataclass(frozen=True)
class DialogueSettings:
    """See the comments in `data/dialogue.yml`."""

    max_attempts: int
    interrupt_confidence: float
    interrupt_confidence_open: float
    switch_confidence: float
    switch_confidence_open: float
    switch_words: int
    language_confidence: float
    language_words: int
    first_language_words: int
    list_page: int
    voice_sure: Mapping[str, float]
    read_back: tuple[str, ...]
    retry_words: tuple[str, ...]


@lru_cache(maxsize=4)
def load_settings(folder: Path) -> DialogueSettings:
    """Reads `<folder>/dialogue.yml`. Raises TypeError when a line is missing or unknown."""
    raw = yaml.safe_load((folder / "dialogue.yml").read_text("utf-8"))
    for name in ("retry_words", "read_back"):
        raw[name] = tuple(raw[name])
    return DialogueSettings(**raw)
