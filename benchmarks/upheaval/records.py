"""Which records citizens ask for, and whose phones are on record for them.

The one place that knows who may see what: all citizens of a run belong to the households of all
records that they ask for, so that nobody needs a code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import yaml

RECORDS: Mapping[str, Sequence[str]] = {
    "service_number": ("6123401005678", "6123401005679", "9123401000345", "1123401000012"),
    "assessment_number": ("1020304050", "1020304051", "1020304052"),
}
"""By slot: numbers that the sandbox knows."""
ON_RECORD = (
    *("9848012345", "9963012340", "9177045612", "9848055667"),
    *("9440155001", "9440155002"),
)
"""The phones that the sandbox has on record for them."""


def phones(seed: int, count: int) -> list[str]:
    """The citizens' numbers."""
    return [f"9198{seed % 1000:03}{number:05}" for number in range(count)]


def write_owners(file: Path, of: Sequence[str]) -> None:
    """The sandbox's file of numbers that are on record as well."""
    file.write_text(yaml.safe_dump({number: list(of) for number in ON_RECORD}), "utf-8")


def record(slot: str, random: Random) -> str:
    """The number of a record that every citizen may ask for."""
    return random.choice(list(RECORDS[slot]))
