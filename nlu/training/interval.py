"""How sure a share is that was counted on so many messages."""

from __future__ import annotations

import math

Z = 1.959964  # both tails of the normal distribution together hold 5 %


def wilson(right: int, rows: int) -> list[float]:
    """The 95 % score interval [low, high] of a share (Wilson 1927); [0, 1] without messages.

    Unlike mean ± 1.96 standard errors it stays inside 0 to 1 and says something at 105 of 105.
    """
    if not rows:
        return [0.0, 1.0]
    share, square = right / rows, Z * Z
    middle = (share + square / (2 * rows)) / (1 + square / rows)
    half = Z / (1 + square / rows) * math.sqrt(share * (1 - share) / rows + square / (4 * rows**2))
    return [round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)]
