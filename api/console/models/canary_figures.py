"""How turns went with the live model and with the canary, side by side.

Numbers from 1 to 4 are hidden, and as many others that nobody can compute them back. Intervals are
Wilson's, at 95 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from api.console.models.records import Registry, seconds
from nlu.canary import BEGUN, ENDED, LIVE_CHANGES
from nlu.daily_counts import FAILED, OBJECTED, TO_PERSON, TURNS
from nlu.suppression import Cell, alone, is_few, partition
from nlu.svg import Frame, line, svg
from nlu.training.metrics import wilson
from nlu.training.report.plots import percent

Counts = Mapping[tuple[str, str, str, str], int]
"""Times by model, what, language and kind."""
KINDS = ("route", "conversation", "clarify", "out_of_scope")
OTHER, OWN_WORDS, WIDE = "other", "own_words", 1.05
_WENT_WRONG = (OBJECTED, TO_PERSON, FAILED)


@dataclass(frozen=True)
class Part:
    """A number of a model, and its share with the interval where both may be shown."""

    cell: Cell
    share: float | None = None
    interval: Sequence[float] = (0.0, 1.0)

    @classmethod
    def of(cls, cell: Cell, whole: Cell | None) -> Part:
        """The share of `cell` in `whole`."""
        value, total = cell.open, whole.open if whole is not None else None
        if value is None or not total:
            return cls(cell)
        return cls(cell, value / total, wilson(round(value), round(total)))

    @property
    def shown(self) -> str:
        """The number, or why it is not told."""
        return {"few": "<5", "kept": "–"}.get(self.cell.hidden, f"{self.cell.value:g}")

    @property
    def told(self) -> str:
        """The share with its interval; empty where it is not told."""
        if self.share is None:
            return ""
        low, high = (percent(value) for value in self.interval)
        return f"{percent(self.share)} ({low} – {high})"


@dataclass(frozen=True)
class Row:
    """A measure of both models; `name` is a word of the page, or a language key."""

    name: str
    live: Part
    canary: Part

    @property
    def plot(self) -> Markup:
        """Both intervals on one scale, the live model above; empty where one is not told."""
        if self.live.share is None or self.canary.share is None:
            return Markup("")
        end = max(self.live.interval[1], self.canary.interval[1], 0.01) * WIDE
        frame = Frame(4, 0, 132, 24, (0.0, min(1.0, end)))
        parts: list[str] = []
        for part, y, kind in ((self.live, 7.0, "same"), (self.canary, 17.0, "")):
            low, high = (frame.at(value, 0)[0] for value in part.interval)
            x = frame.at(part.share or 0.0, 0)[0]
            parts.append(line((frame.left, y), (frame.left + frame.width, y), "grid"))
            parts.append(line((low, y), (high, y), f"whisker thick {kind}"))
            parts.append(f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:g}" r="4"/>')
        return svg(140, 24, f"{self.live.told}; {self.canary.told}", parts, "cell")


@dataclass(frozen=True)
class Figures:
    """The rows of both tables."""

    turns: Row
    rows: tuple[Row, ...]
    keys: tuple[Row, ...]


def figures(counts: Counts, live: str, canary: str) -> Figures:
    """Those of two models."""
    a, b = _measures(counts, live), _measures(counts, canary)
    names = [OWN_WORDS, *KINDS, OTHER, *_WENT_WRONG]
    rows = [
        Row(name, a[name], b[name]) for name in names if a[name].cell.value or b[name].cell.value
    ]
    mine, theirs = _by_key(counts, live), _by_key(counts, canary)
    nothing = Part(Cell(0))
    keys = sorted({*mine, *theirs})
    return Figures(
        Row(TURNS, a[TURNS], b[TURNS]),
        tuple(rows),
        tuple(Row(key, mine.get(key, nothing), theirs.get(key, nothing)) for key in keys),
    )


def since(registry: Registry, model: str) -> float | None:
    """When the canary was set and both models answered, in seconds; None where nobody noted it."""
    begun: float | None = None
    for one in registry.changes:  # the latest first
        other = one.what == BEGUN and one.id != model
        if one.what == ENDED or other or (one.what in LIVE_CHANGES and one.id == model):
            break
        if one.what == BEGUN:
            begun = seconds(one.at)
    promoted = next((c for c in registry.changes if c.what in LIVE_CHANGES), None)
    after = seconds(promoted.at) if promoted is not None else None
    if begun is None or after is None:
        return begun
    return max(begun, after)


def days_since(moment: float | None, now: float, zone: ZoneInfo) -> tuple[date, date]:
    """The days from then on, both included; of an unknown moment today alone."""
    today = datetime.fromtimestamp(now, zone).date()
    return (today if moment is None else datetime.fromtimestamp(moment, zone).date()), today


def _measures(counts: Counts, model: str) -> dict[str, Part]:
    turns = _sum(counts, model, TURNS)
    kinds = _kinds(counts, model)
    own = sum(kinds.values())
    all_turns = alone(turns)
    first = partition({OWN_WORDS: own, "": turns - own}, veiled=is_few(turns))[OWN_WORDS]
    found = {TURNS: Part(all_turns), OWN_WORDS: Part.of(first, all_turns)}
    for name, cell in partition(kinds, veiled=bool(first.hidden)).items():
        found[name] = Part.of(cell, first)
    for what in _WENT_WRONG:
        found[what] = Part.of(alone(_sum(counts, model, what)), all_turns)
    return found


def _kinds(counts: Counts, model: str) -> dict[str, int]:
    """Messages in own words that answered no question, by the kind of the decision."""
    found: dict[str, int] = dict.fromkeys((*KINDS, OTHER), 0)
    for (whose, what, _, kind), times in counts.items():
        if (whose, what) == (model, TURNS) and kind:
            found[kind if kind in KINDS else OTHER] += times
    return found


def _by_key(counts: Counts, model: str) -> dict[str, Part]:
    """Of the messages in own words of each key, those that opened a service."""
    routed: dict[str, int] = {}
    whole: dict[str, int] = {}
    for (whose, what, key, kind), times in counts.items():
        if (whose, what) == (model, TURNS) and kind and key:
            whole[key] = whole.get(key, 0) + times
            routed[key] = routed.get(key, 0) + (times if kind == "route" else 0)
    cells, totals = partition(routed), partition(whole)
    return {key: Part.of(cells[key], totals[key]) for key in whole}


def _sum(counts: Counts, model: str, what: str) -> int:
    return sum(times for key, times in counts.items() if key[:2] == (model, what))
