"""How far confidences can be believed: reliability bins and expected calibration error.

Expected calibration error (Naeini et al. 2015; Guo et al. 2017, "On Calibration of Modern Neural
Networks") over 15 bins of equal width: the mean distance between the confidence claimed and the
share that came true, weighed by the messages in each bin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

BINS = 15

Certainty = Sequence[tuple[float, bool]]
"""(confidence of the first intent, whether it was right), one for each message."""


@dataclass(frozen=True)
class Bin:
    """Messages with a confidence in (low, high]; `confidence` and `right` are means over them."""

    low: float
    high: float
    rows: int
    confidence: float
    right: float


def reliability(certainty: Certainty, bins: int = BINS) -> list[Bin]:
    """All bins of equal width, the empty ones too; a confidence of 0 is in the first."""
    members: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    edges = [i / bins for i in range(bins + 1)]
    for confidence, right in certainty:
        at = next((i for i in range(bins) if confidence <= edges[i + 1]), bins - 1)
        members[at].append((confidence, right))
    return [_bin(edges[i], edges[i + 1], inside) for i, inside in enumerate(members)]


def calibration_error(certainty: Certainty, bins: int = BINS) -> float:
    """Expected calibration error, 0 (believe every confidence) to 1; 0 without messages."""
    apart = sum(abs(b.confidence - b.right) * b.rows for b in reliability(certainty, bins))
    return round(apart / len(certainty), 4) if certainty else 0.0


def summary(certainty: Certainty) -> dict[str, Any]:
    """The bins as `seva evaluate --json` gives them."""
    found = [{k: round(v, 4) for k, v in asdict(b).items()} for b in reliability(certainty)]
    return {"binning": f"{BINS} bins of equal width", "rows": len(certainty), "bins": found}


def _bin(low: float, high: float, inside: list[tuple[float, bool]]) -> Bin:
    count = len(inside)
    if not count:
        return Bin(low, high, 0, 0.0, 0.0)
    claimed = sum(confidence for confidence, _ in inside) / count
    return Bin(low, high, count, claimed, sum(right for _, right in inside) / count)
