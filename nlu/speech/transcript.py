"""What was heard in one voice note, and which of its readings is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

TranscriptWarning = Literal["no_speech", "prompt_leak", "repetition", "too_long"]


@dataclass(frozen=True)
class Reading:
    """The speech written down as one language, and how likely that language was spoken."""

    text: str
    language: str
    language_probability: float = 0.0


@dataclass(frozen=True)
class Transcript:
    """The text of a voice note, and how far to trust it.

    `text` is empty if nothing usable was heard; `warnings` then says why. Only `too_long` comes
    with a text, that of the first part. `others` holds the speech written down as other languages:
    close calls, and readings that help to understand.
    """

    text: str
    language: str
    language_probability: float
    duration_s: float
    elapsed_s: float
    model: str
    warnings: tuple[TranscriptWarning, ...] = ()
    others: tuple[Reading, ...] = ()

    def readings(self) -> tuple[Reading, ...]:
        """The text itself, then the others."""
        return (Reading(self.text, self.language, self.language_probability), *self.others)

    def as_json(self) -> dict[str, Any]:
        """The JSON object of `seva transcribe --json` and of `/parse/voice`."""
        return {
            **asdict(self),
            "warnings": list(self.warnings),
            "others": [asdict(reading) for reading in self.others],
        }


Readings = tuple[Reading, ...]


def orders(readings: Readings) -> list[Readings]:
    """The readings in each order that is to be understood and compared.

    The first reading may always lead; another only if its language may have been spoken.
    """
    return [
        (lead, *(other for other in readings if other is not lead))
        for at, lead in enumerate(readings)
        if at == 0 or lead.language_probability
    ]


def likeliest(asked: Sequence[Readings], understood: Sequence[Mapping[str, Any]]) -> int:
    """The place of the order that makes most sense; the first leads a tie.

    Its language was likely spoken, it is understood with confidence, and it is not out of scope.
    `understood` has `decision` and `intent` as the pipeline gives them.
    """
    sense = [
        _sense(found) * order[0].language_probability for order, found in zip(asked, understood)
    ]
    return sense.index(max(sense))


def _sense(understood: Mapping[str, Any]) -> float:
    if understood["decision"]["kind"] == "out_of_scope":
        return 0.0
    return float((understood.get("intent") or {}).get("confidence") or 0.0)
