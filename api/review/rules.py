"""`review.yml`: which messages come to review, and how their queue is ordered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nlu.records import Misfit, read_record

FILE = Path(__file__).with_name("review.yml")


@dataclass(frozen=True)
class Rules:
    """See the comments in `review.yml`."""

    reasons: Mapping[str, float]
    kinds: Mapping[str, str]
    voice_sure: float
    longest: int
    readings: int
    latin: Mapping[str, str]
    alike_percent: float
    most_words: int
    topics: int
    of_each: int
    page: int
    recent: int


def _misfits(rules: Rules) -> Iterator[Misfit]:
    for kind, reason in rules.kinds.items():
        if reason not in rules.reasons:
            yield Misfit(f"kinds.{kind}: `{reason}` is no reason", "name one of `reasons`")


@cache
def load_rules(file: Path = FILE) -> Rules:
    """The rules that came with Seva. Raises RecordError."""
    return read_record(file, Rules, _misfits)
