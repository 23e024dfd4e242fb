"""Where spans go, and that a collector which is away or hangs keeps nobody waiting."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

import pytest

from nlu.settings import read_settings
from nlu.settings.process import WrongEnvironment
from nlu.settings.settings import ServeSettings
from nlu.trace import TraceContext, span
from nlu.trace.export import exported, is_wanted
from tests.processes import ROOT
from tests.traces.collector import collecting

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({ENDPOINT: " "}, False),
        ({ENDPOINT: "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({ENDPOINT: "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_spans_are_exported_where_a_collector_is_named(
    environ: dict[str, str], wanted: bool
) -> None:
    assert is_wanted(environ) is wanted


def test_spans_come_to_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as (collector, url):
        monkeypatch.setenv(ENDPOINT, url)
        with exported("seva-test", 1), span("outer", "server", {"a": 1}) as outer, span("inner"):
            pass
    found = {one.name: one for one in collector.spans}
    assert set(found) == {"outer", "inner"}
    assert found["inner"].parent == found["outer"].id == outer.context.span_id
    assert found["outer"].trace == outer.context.trace_id
    assert (found["outer"].service, found["outer"].attributes) == ("seva-test", {"a": "1"})


def test_the_share_that_begins_here_is_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trace that is recorded elsewhere goes all the same."""
    with collecting() as (collector, url):
        monkeypatch.setenv(ENDPOINT, url)
        with exported("seva-test", 0):
            with span("begins here") as one:
                assert not int(one.context.flags, 16) & 1
            with span("began elsewhere", parent=TraceContext("1" * 32, "2" * 16, "01")):
                pass
    assert [one.name for one in collector.spans] == ["began elsewhere"]


def test_a_collector_that_hangs_keeps_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and never answers: what is left is given up after a moment."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{deaf.getsockname()[1]}")
        with exported("seva-test", 1), span("lost"):
            pass
        waiting = [one for one in threading.enumerate() if one.name == "last-spans"]
        assert len(waiting) == 1 and waiting[0].daemon
    waiting[0].join(30)  # the connection broke with the block: it ends by itself


def test_without_a_collector_nothing_of_opentelemetry_is_loaded() -> None:
    """In any of the roles' modules, and by no span."""
    code = (
        "import sys, threading\n"
        "import api.app, api.worker_process, actions.server.process, actions.server.releases\n"
        "from nlu.trace import span\n"
        "from nlu.trace.export import exported\n"
        "before = threading.active_count()\n"
        "with exported('seva-test', 1), span('one'): pass\n"
        "assert threading.active_count() == before\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr[-2000:]


@pytest.mark.parametrize(
    ("name", "value"),
    [(ENDPOINT, "collector:4318"), ("SEVA_TRACES_RATIO", "1.5"), ("SEVA_TRACES_RATIO", "half")],
)
def test_a_wrong_setting_is_told_at_the_start(name: str, value: str) -> None:
    with pytest.raises(WrongEnvironment) as told:
        read_settings(ServeSettings, {name: value})
    assert name in str(told.value)
