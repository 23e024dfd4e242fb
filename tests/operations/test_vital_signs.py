"""What every role tells of itself: readiness, model, and what its processes take."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from api.processes import COUNTS_FOLDER
from nlu.vital_signs import Footprint, VitalSigns

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print("both", flush=True)
input()
child.communicate()
"""


@pytest.fixture
def family() -> Iterator[int]:
    """The id of a process that has a child."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", PARENT], **pipes) as parent:  # type: ignore[call-overload]
        assert parent.stdout.readline() == b"both\n"
        yield parent.pid
        parent.communicate(b"\n")


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def test_children_count_with_the_process_that_started_them(family: int) -> None:
    registry = CollectorRegistry()
    registry.register(Footprint(lambda: family))
    assert value(registry, "seva_processes") == 2
    assert 4e6 < (value(registry, "seva_memory_bytes") or 0) < 4e8
    assert 0 <= (value(registry, "seva_uptime_seconds") or 0) < 60


def test_this_process_is_the_first_where_no_other_keeps_it() -> None:
    registry = CollectorRegistry()
    registry.register(Footprint())
    assert (value(registry, "seva_processes") or 0) >= 1
    assert (value(registry, "seva_memory_bytes") or 0) > 1e6


def test_a_process_that_is_gone_takes_nothing() -> None:
    registry = CollectorRegistry()
    registry.register(Footprint(lambda: 2**22 + os.getpid()))
    assert value(registry, "seva_processes") == 0
    assert value(registry, "seva_uptime_seconds") is None


def test_a_new_model_takes_the_place_of_the_old_one() -> None:
    registry = CollectorRegistry()
    vitals = VitalSigns(registry)
    vitals.show(ready=False, model="")
    assert value(registry, "seva_ready") == 0
    vitals.show(ready=True, model="m-1")
    vitals.show(ready=True, model="m-2")
    assert value(registry, "seva_ready") == 1
    assert value(registry, "seva_model_loaded", model="m-1") == 0
    assert value(registry, "seva_model_loaded", model="m-2") == 1


MEMBER = """
import sys
from prometheus_client import generate_latest
from api.metrics import ServeMetrics
metrics = ServeMetrics()
metrics.vitals.show(ready=sys.argv[1] == "ready", model=sys.argv[2])
print(generate_latest(metrics.exposed()).decode())
"""


def test_processes_that_serve_together_are_as_ready_as_the_least_ready(tmp_path: Path) -> None:
    """Prometheus always asks the same one of them: it answers for all."""
    shared = {**os.environ, COUNTS_FOLDER: str(tmp_path)}
    for how in (("ready", "m-1"), ("loading", ""), ("ready", "m-1")):
        command = [sys.executable, "-c", MEMBER, *how]
        said = subprocess.run(command, env=shared, check=True, capture_output=True, text=True)
    assert "seva_ready 0.0" in said.stdout
    assert 'seva_model_loaded{model="m-1"} 2.0' in said.stdout
    assert "seva_processes 1.0" in said.stdout


def test_readiness_is_asked_for_when_somebody_looks() -> None:
    """A worker whose loop hangs could not say that it does."""
    registry, ready = CollectorRegistry(), [True]
    VitalSigns(registry).ask(lambda: ready[0])
    assert value(registry, "seva_ready") == 1
    ready[0] = False
    assert value(registry, "seva_ready") == 0
