"""Numbers of `data/payments.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nlu.records import read_record


@dataclass(frozen=True)
class Waits:
    """Seconds between look-ups: the first, how they grow, the longest."""

    first: float
    factor: float
    longest: float

    def after(self, tries: int) -> float:
        """The wait after so many look-ups."""
        grown = self.first * self.factor ** min(tries, 64)
        return float(min(grown, self.longest))


@dataclass(frozen=True)
class PaymentSettings:
    """See the comments in the file; seconds unless the name says otherwise."""

    currency: str
    look_up: Waits
    opening_for: float
    open_for: float
    pending_told_after: float
    booked_within: float
    refund_after_hours: float
    late_look_up: Waits
    late_days: float
    others_wait: float
    failed_days: int
    refund_days: int
    receipt_form: str

    @property
    def refund_after(self) -> float:
        """Seconds."""
        return self.refund_after_hours * 3600


@lru_cache(maxsize=4)
def load_settings(folder: Path) -> PaymentSettings:
    """Reads `<folder>/payments.yml`. Raises RecordError."""
    return read_record(folder / "payments.yml", PaymentSettings)
