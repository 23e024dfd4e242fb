"""How far readers agree beyond chance: Cohen's kappa over the cards that two people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MOST = 5000
"""Pairs that are looked at, the newest."""


@dataclass(frozen=True)
class Agreement:
    """`pairs` were read twice, `same` of them alike; `kappa` is None where it says nothing: no
    pairs, or one label only. `apart` are the labels that were confused, the most frequent first."""

    pairs: int
    same: int
    kappa: float | None
    apart: Sequence[tuple[tuple[str, str], int]] = ()


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Of what first and second readers said."""
    from sklearn.metrics import cohen_kappa_score

    same = sum(one == other for one, other in pairs)
    labels = {label for pair in pairs for label in pair}
    kappa = None
    if len(labels) > 1:
        firsts, seconds = zip(*pairs)
        kappa = float(cohen_kappa_score(firsts, seconds))
    apart = Counter(tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1])
    common = [((one, other), count) for (one, other), count in apart.most_common(10)]
    return Agreement(len(pairs), same, kappa, common)
