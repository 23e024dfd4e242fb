"""What every role tells Prometheus of itself, under the same names in all of them: whether it is
ready, which model serves, and what its processes take of the machine."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily

_PROC = Path("/proc")
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


class VitalSigns:
    """Readiness and model of a role. Where several processes serve together, the role is as ready
    as the least ready of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ready = Gauge(
            "seva_ready",
            "1 while the role does its work, as its health endpoint says; else 0",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._models = Gauge(
            "seva_model_loaded",
            "Processes of the role in which the model serves",
            ["model"],
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._model = ""
        registry.register(Footprint())

    def show(self, *, ready: bool, model: str) -> None:
        """Sets both; `model` is empty while none is loaded."""
        self.show_ready(ready)
        self.show_model(model)

    def show_ready(self, ready: bool) -> None:
        """Whether the role does its work from now on."""
        self._ready.set(ready)

    def ask(self, ready: Callable[[], bool]) -> None:
        """Has `ready` asked whenever somebody looks, in the thread that answers."""
        self._ready.set_function(lambda: float(ready()))

    def show_model(self, model: str) -> None:
        """The model that serves in this process from now on."""
        if model == self._model:
            return
        if self._model:
            self._models.labels(self._model).set(0)
        if model:
            self._models.labels(model).set(1)
        self._model = model


@dataclass(frozen=True)
class _Process:
    parent: int
    started: float  # clock ticks since the machine's start
    resident: int  # bytes


class Footprint:
    """The processes of a role: the one that was started and all that it started."""

    def __init__(self, root: Callable[[], int] | None = None) -> None:
        """`root` gives the id of the process that was started; the default is this one, or the one
        that keeps several of them alive (`api.processes`)."""
        self._root = root or _first

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metrics for a registry of Prometheus."""
        there, root = _processes(), self._root()
        family = [one for pid, one in there.items() if _descends(pid, root, there)]
        resident = sum(one.resident for one in family)
        yield GaugeMetricFamily(
            "seva_processes", "Processes of the role, with those that hear", value=len(family)
        )
        yield GaugeMetricFamily(
            "seva_memory_bytes",
            "Resident memory of the role's processes; what they share counts for each",
            value=resident,
        )
        if root in there:
            yield GaugeMetricFamily(
                "seva_uptime_seconds",
                "Time since the role was started; it falls at a restart",
                value=_machine_uptime() - there[root].started / _TICKS,
            )


def _first() -> int:
    parent = multiprocessing.parent_process()
    return os.getpid() if parent is None or parent.pid is None else parent.pid


def _processes() -> dict[int, _Process]:
    """All processes that can be seen, but those that have ended and are not forgotten yet."""
    found = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            text = stat.read_text("ascii", "replace")
        except OSError:  # it has just ended
            continue
        fields = text.rpartition(")")[2].split()  # from the third on; the second may hold blanks
        if fields[0] != "Z":
            resident = int(fields[21]) * _PAGE
            found[int(stat.parent.name)] = _Process(int(fields[1]), float(fields[19]), resident)
    return found


def _descends(pid: int, root: int, there: dict[int, _Process]) -> bool:
    while pid in there and pid != root:
        pid = there[pid].parent
    return pid == root and pid in there


def _machine_uptime() -> float:
    return float((_PROC / "uptime").read_text("ascii").split()[0])
