"""What can be wrong with a log, and the words for it (`alarms.yml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml

_WORDS = Path(__file__).with_name("alarms.yml")


class Trouble(Enum):
    """The closed set of what a monitor tells."""

    unsigned = "unsigned"
    shrunk = "shrunk"
    rewritten = "rewritten"
    split = "split"
    held_back = "held_back"
    damaged = "damaged"
    hidden_key = "hidden_key"


@dataclass(frozen=True)
class Alarm:
    """Something is wrong; `statements` are the signed notes that show it."""

    trouble: Trouble
    fields: Mapping[str, str | int] = field(default_factory=dict)
    changed: range | None = None
    statements: tuple[str, ...] = ()
    detail: str = ""


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The file of words."""
    read: dict[str, Any] = load_yaml(_WORDS.read_text("utf-8"))
    return read


def languages() -> list[str]:
    """Languages in which alarms can be told."""
    return sorted(words()["where"])


def say(alarm: Alarm, language: str, evidence: Path | None = None) -> str:
    """The alarm in words; the second line tells where, the last where the evidence lies."""
    found = words()
    lines = [found["alarms"][alarm.trouble.value][language].format_map(alarm.fields)]
    if alarm.changed is not None:
        at = {"first": alarm.changed.start, "last": alarm.changed.stop - 1}
        lines.append(found["where"][language].format_map(at))
    if evidence is not None:
        lines.append(found["evidence"][language].format(file=evidence))
    return "\n".join(lines)
