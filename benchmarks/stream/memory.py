"""Memory of processes over time: samples, the slope with its interval, and a plot."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks.command import Document
from benchmarks.machine import family
from benchmarks.upheaval.supervisor import Supervisor

_BLOCK_S = 60.0
"""Samples of so many seconds are one point: within them memory goes up and down with the work."""
_SURE = 0.95


@dataclass(frozen=True)
class Sample:
    """Proportional set size of each process with its children, in MB; `at` in seconds since the
    epoch."""

    at: float
    mb: Mapping[str, float]


def sample(supervisor: Supervisor) -> Sample:
    """Of all processes that run now. Shared pages are shared out among those that hold them."""
    found = {}
    for name in supervisor.processes:
        pid = supervisor.pid(name)
        if pid is not None:
            found[name] = sum(_pss_mb(member) for member in family(pid))
    return Sample(time.time(), found)


def _pss_mb(pid: int) -> float:
    with suppress(OSError):  # it ended meanwhile
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def slopes(samples: Sequence[Sample], warm_s: float) -> dict[str, Document]:
    """By process: MB an hour (Theil-Sen over the medians of minutes after the warm-up), its
    interval, and whether zero lies in it. All intervals together hold with 95 in 100."""
    begin = samples[0].at + warm_s
    late = [one for one in samples if one.at >= begin]
    names = list(samples[0].mb)
    found = {}
    for name in names:
        hours, mb = _blocks(late, name)
        if len(mb) < 3:
            raise RuntimeError("too short to tell: three minutes after the warm-up are the least")
        slope, _, low, high = stats.theilslopes(mb, hours, 1 - (1 - _SURE) / len(names))
        found[name] = {
            "mb": round(float(np.median(mb)), 1),
            "mb_per_hour": round(float(slope), 2),
            "low": round(float(low), 2),
            "high": round(float(high), 2),
            "flat": bool(low <= 0 <= high),
        }
    return found


def _blocks(samples: Sequence[Sample], name: str) -> tuple[list[float], list[float]]:
    """Hours since the first, and medians."""
    first = samples[0].at if samples else 0.0
    by_block: dict[int, list[float]] = {}
    for one in samples:
        if name in one.mb:
            by_block.setdefault(int((one.at - first) / _BLOCK_S), []).append(one.mb[name])
    whole = sorted(by_block)
    return [n * _BLOCK_S / 3600 for n in whole], [float(np.median(by_block[n])) for n in whole]


def plot(
    samples: Sequence[Sample], found: Mapping[str, Document], warm_s: float, title: str, path: Path
) -> None:
    """An SVG: each process over time, with its slope."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 5))
    minutes = [(one.at - samples[0].at) / 60 for one in samples]
    for name, slope in found.items():
        label = f"{name}: {slope['mb_per_hour']:+g} MB/h [{slope['low']:g}, {slope['high']:g}]"
        axes.plot(minutes, [one.mb.get(name, float("nan")) for one in samples], label=label)
    axes.axvspan(0, warm_s / 60, alpha=0.1, label="warm-up")
    axes.set(xlabel="minutes", ylabel="MB (PSS)", title=title, ylim=(0, None))
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, bbox_inches="tight")
    pyplot.close(figure)
