"""How far a training is, and how long it will still take: from how long each step took on this
machine before."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.paths import cache_folder
from nlu.whole_file import write_whole

FILE = "training-times.json"
FIRST, LONG = "Reading the catalogue", "Training"
_NUMBERS = re.compile(r"\d[\d.,]*")
_ENOUGH = 5.0  # seconds of finished steps before they say how fast this run is
_SLOWEST = 4.0  # times as slow, or as fast, as before; beyond that something else happens
Times = Sequence[tuple[str, float]]
"""Steps in their order, and the seconds that each took."""


@dataclass(frozen=True)
class Moment:
    """A step, the share of the work that is done before it (0 to 1), and the seconds left; both
    None as long as no training was finished on this machine."""

    step: str
    share: float | None
    seconds_left: float | None


class Progress:
    """One training. `earlier` is how long the steps of the one before took."""

    def __init__(self, earlier: Times = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._earlier = clock, list(earlier)
        self._names = [name for name, _ in self._earlier]
        self._seen: Counter[str] = Counter()
        self._steps: list[tuple[str, float]] = []  # name and when it began
        self._said = ""
        self._at = -1  # of the present step among the earlier ones

    def step(self, said: str) -> Moment:
        """Another step begins; `said` is what people read."""
        name = _NUMBERS.sub("#", said)
        self._seen[name] += 1
        if self._seen[name] > 1:
            name = f"{name} ({self._seen[name]})"
        self._steps.append((name, self._clock()))
        self._said = said
        if name in self._names[self._at + 1 :]:
            self._at = self._names.index(name, self._at + 1)
        return self.now()

    def now(self) -> Moment:
        """How far it is at this moment."""
        if self._at < 0:
            return Moment(self._said, None, None)
        usual = [seconds for _, seconds in self._earlier]
        pace = self._pace()
        began = self._began(self._names[self._at])
        here = max(0.0, usual[self._at] - (self._clock() - began) / pace)
        left = here + sum(usual[self._at + 1 :])
        whole = sum(usual) or 1.0
        return Moment(self._said, round(1 - left / whole, 3), round(left * pace, 1))

    def times(self) -> Times:
        """How long each step took, the last one until now."""
        ends = [at for _, at in self._steps[1:]] + [self._clock()]
        return [(name, round(end - at, 2)) for (name, at), end in zip(self._steps, ends)]

    def _began(self, name: str) -> float:
        return next(at for known, at in reversed(self._steps) if known == name)

    def _pace(self) -> float:
        """How many times as long as before the finished steps took."""
        before = dict(self._earlier)
        done = [(s, before[name]) for name, s in self.times()[:-1] if name in before]
        usual = sum(seconds for _, seconds in done)
        if usual < _ENOUGH:
            return 1.0
        return min(_SLOWEST, max(1 / _SLOWEST, sum(seconds for seconds, _ in done) / usual))


def earlier_times(profile: str, path: Path | None = None) -> Times:
    """How long the steps of the last training with this profile took here; empty for none."""
    try:
        told = json.loads((path or cache_folder() / FILE).read_text("utf-8"))
        return [(str(name), float(seconds)) for name, seconds in told.get(profile, ())]
    except (OSError, ValueError, TypeError, AttributeError):  # a cache: what is odd is not there
        return []


def keep_times(profile: str, times: Times, path: Path | None = None) -> None:
    """Remembers them, if weights were trained."""
    if LONG not in dict(times):
        return
    path = path or cache_folder() / FILE
    told: Mapping[str, Times] = {}
    if path.is_file():
        try:
            told = dict(json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError):
            told = {}
    write_whole(path, json.dumps({**told, profile: list(times)}, ensure_ascii=False, indent=1))


def in_words(seconds: float | None) -> str:
    """`about 3 min left`."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    return f"about {round(seconds / 60)} min left"
