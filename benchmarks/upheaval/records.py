"""Which records citizens ask for, and what is put into the departments' books beforehand.

The one place that knows who may see what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

RECORDS: Mapping[str, Sequence[str]] = {
    "service_number": ("6123401005678", "6123401005679", "9123401000345", "1123401000012"),
    "assessment_number": ("1020304050", "1020304051", "1020304052"),
}
"""By slot: numbers that the sandbox knows."""


def record(slot: str, citizen: str, random: Random) -> str:
    """The number of a record that a citizen may ask for."""
    return random.choice(list(RECORDS[slot]))
