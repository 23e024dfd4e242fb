"""`seva status`: roles that answer, roles that do not, and what a script or a person reads."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from typer.testing import CliRunner

from api.app import create_app
from api.heartbeat import HealthServer, Heartbeat
from api.inbox.port import Depth
from api.metrics import WorkerMetrics
from api.processes import listen
from api.routes.health import say_unready
from api.status.places import Place, places
from api.status.report import Watch
from api.status.samples import Samples, Window, percentile, since_start
from api.status.table import seconds
from nlu.catalogue import shared_catalogue
from nlu.cli import app as command_line
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.processes import free_port

WORKER = """
seva_ready 1.0
seva_model_loaded{model="m-1"} 0.0
seva_model_loaded{model="m-2"} 1.0
seva_inbox_oldest_seconds 12.5
seva_inbox_waiting 3.0
seva_inbox_dead 1.0
seva_processes 2.0
seva_memory_bytes 1.2e+09
seva_uptime_seconds 120.0
# TYPE seva_turn_seconds histogram
seva_turn_seconds_bucket{le="0.5",voice="false"} 90.0
seva_turn_seconds_bucket{le="1.0",voice="false"} 100.0
seva_turn_seconds_bucket{le="+Inf",voice="false"} 100.0
seva_turn_seconds_count{voice="false"} 100.0
seva_turn_seconds_sum{voice="false"} 30.0
seva_turn_seconds_bucket{le="0.5",voice="true"} 0.0
seva_turn_seconds_bucket{le="1.0",voice="true"} 0.0
seva_turn_seconds_bucket{le="+Inf",voice="true"} 20.0
seva_turn_seconds_count{voice="true"} 20.0
seva_turn_seconds_sum{voice="true"} 400.0
"""
VARIABLES = {
    "serve": "SEVA_INTERNAL_PORT",
    "worker": "SEVA_WORKER_METRICS_PORT",
    "actions": "SEVA_ACTIONS_METRICS_PORT",
    "documents": "SEVA_DOCUMENTS_PORT",
}


@dataclass
class Fake:
    """A role: what it answers, by path."""

    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    slow: float = 0
    port: int = 0


@contextmanager
def running(fake: Fake) -> Iterator[Fake]:
    """The role as an HTTP server in a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(fake.slow)
            status, body = fake.answers.get(self.path, (404, ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    fake.port = server.server_port
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def health(code: int = 200, /, **told: Any) -> tuple[int, str]:
    return code, json.dumps({"status": "ok", **told})


Start = Callable[[Fake], Fake]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as ends:
        yield lambda fake: ends.enter_context(running(fake))


@pytest.fixture
def town(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Fake]:
    """All roles; the settings lead to them."""
    fakes = {
        "serve": Fake({"/health/ready": health(), "/metrics": (200, "seva_ready 1.0\n")}),
        "worker": Fake({"/health/ready": health(), "/metrics": (200, WORKER)}),
        "actions": Fake({"/health": health(), "/metrics": (200, "seva_ready 1.0\n")}),
        "documents": Fake({"/health": health(log_size=4)}),
    }
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    for role, fake in fakes.items():
        monkeypatch.setenv(VARIABLES[role], str(start(fake).port))
    action_server = f"http://127.0.0.1:{fakes['actions'].port}"
    monkeypatch.setenv("SEVA_ACTION_SERVER_URL", action_server)
    return fakes


def status(*arguments: str) -> tuple[int, str]:
    result = CliRunner(env={"COLUMNS": "160"}).invoke(command_line, ["status", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def told(*arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and what a script reads, by role."""
    code, output = status("--once", "--json", *arguments)
    return code, {one["role"]: one for one in json.loads(output)["roles"]}


def test_all_roles_are_told_from_their_own_words(town: dict[str, Fake]) -> None:
    code, roles = told()
    assert code == 0 and list(roles) == list(VARIABLES)
    assert all(role["answers"] and role["ready"] and role["notes"] == [] for role in roles.values())
    worker = roles["worker"]
    assert worker["models"] == ["m-2"]
    assert (worker["oldest_s"], worker["waiting"], worker["dead"]) == (12.5, 3, 1)
    assert (worker["processes"], worker["memory_bytes"]) == (2, 1_200_000_000)
    assert (worker["per_minute"], worker["over_s"]) == (60.0, 120.0)
    assert worker["p95_s"] == pytest.approx(0.75)  # of texts; voice notes are heard in their time
    assert roles["documents"]["processes"] is None


def test_person_reads_a_table(town: dict[str, Fake]) -> None:
    code, output = status("--once")
    assert code == 0
    assert "model m-2: worker\n" in output
    (row,) = [line for line in output.splitlines() if line.startswith("worker ")]
    numbers = " ".join(row.split())
    assert numbers == "worker yes 12.5 s 3 1 60.0 750 ms 2 1.20 GB 2 min"


def test_roles_on_two_models_are_told(town: dict[str, Fake]) -> None:
    older = 'seva_ready 1.0\nseva_model_loaded{model="m-1"} 2.0\n'
    town["serve"].answers["/metrics"] = town["actions"].answers["/metrics"] = (200, older)
    _, output = status("--once")
    assert "model m-1: serve, actions\nmodel m-2: worker\n" in output


def test_table_fits_a_narrow_terminal(town: dict[str, Fake]) -> None:
    lines = CliRunner(env={"COLUMNS": "80"}).invoke(command_line, ["status", "--once"]).output
    header, *rows = lines.splitlines()[:5]
    assert " ".join(header.split()) == "role ready lag waiting dead per min p95 procs memory up for"
    assert [row.split()[0] for row in rows] == list(VARIABLES) and "…" not in lines


def test_role_that_is_gone_is_told_and_the_others_go_on(
    town: dict[str, Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEVA_INTERNAL_PORT", str(port := free_port()))
    code, roles = told()
    assert code == 1
    (why,) = roles["serve"]["notes"]
    assert why == f"no answer at http://127.0.0.1:{port}/health/ready (Connection refused)"
    assert not roles["serve"]["answers"] and roles["worker"]["ready"]
    _, output = status("--once")
    assert "away" in output and f"serve: {why}" in output


@pytest.mark.parametrize(
    ("role", "path", "answer", "notes", "ready"),
    [
        (
            "serve",
            "/health/ready",
            health(503, detail="ask inside", checks={"model": "there is no live model"}),
            ["model: there is no live model"],
            False,
        ),
        (
            "serve",
            "/health/ready",
            health(checks={"model": "ok", "inbox": "ok"}, troubles={"model": "m-3 is broken"}),
            ["model: m-3 is broken"],
            True,
        ),
        (
            "worker",
            "/health/ready",
            health(
                503,
                status="not ready",
                only="voice",
                silence_s=0.1,
                lag_s=0.0,
                troubles={"outage": {"what": "store: OSError", "for_s": 3, "stops": True}},
            ),
            ["outage: store: OSError"],
            False,
        ),
        ("worker", "/health/ready", health(503, status="hung", troubles={}), ["hung"], False),
        (
            "actions",
            "/health",
            health(503, status="unavailable", journal="OperationalError"),
            ["journal: OperationalError"],
            False,
        ),
        (
            "documents",
            "/health",
            (503, '{"detail": "the registry cannot be read now"}'),
            ["the registry cannot be read now"],
            False,
        ),
        ("documents", "/health", (404, "<html>"), ["answers 404"], False),
        ("documents", "/health", (500, "[]"), ["answers 500"], False),
    ],
)
def test_role_says_what_is_wrong(
    town: dict[str, Fake],
    role: str,
    path: str,
    answer: tuple[int, str],
    notes: list[str],
    ready: bool,
) -> None:
    town[role].answers[path] = answer
    code, roles = told()
    assert (roles[role]["notes"], roles[role]["ready"]) == (notes, ready)
    assert code == (0 if ready else 1)


@pytest.mark.parametrize("answer", [(404, ""), (200, "<html>{"), (500, "x")])
def test_role_without_metrics_is_told_all_the_same(
    town: dict[str, Fake], answer: tuple[int, str]
) -> None:
    town["worker"].answers["/metrics"] = answer
    code, roles = told()
    assert code == 0 and roles["worker"]["ready"] and roles["worker"]["waiting"] is None
    assert roles["worker"]["notes"][0].startswith("no metrics at http://127.0.0.1:")


async def test_role_that_hangs_keeps_nobody_waiting(start: Start) -> None:
    hung = start(Fake({"/health": health()}, slow=5))
    well = start(Fake({"/health": health()}))
    asked = [Place(str(one.slow), f"http://127.0.0.1:{one.port}/health") for one in (hung, well)]
    began = time.monotonic()
    first, second = await Watch(asked, patience=0.3).look()
    assert time.monotonic() - began < 3
    assert first.notes == (f"no answer at {asked[0].health} (too slow)",) and second.ready


def test_only_the_roles_that_are_asked_for(town: dict[str, Fake]) -> None:
    _, roles = told("--role", "worker", "--role", "actions")
    assert list(roles) == ["worker", "actions"]
    code, output = status("--once", "--role", "wroker")
    assert code == 2 and "wroker" in output


def test_ports_that_are_switched_off_are_told(
    town: dict[str, Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("serve", "worker", "actions"):
        monkeypatch.setenv(VARIABLES[role], "0")
    code, roles = told()
    assert code == 1
    assert roles["worker"]["notes"] == ["switched off: SEVA_WORKER_METRICS_PORT is 0"]
    assert roles["actions"]["ready"] and roles["actions"]["processes"] is None


def test_wrong_settings_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVA_INTERNAL_PORT", "many")
    code, output = status("--once")
    assert code == 1 and "SEVA_INTERNAL_PORT" in output


def test_addresses_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = Settings(
        var_dir=tmp_path,
        internal_host="0.0.0.0",
        worker_metrics_host="::1",
        documents_host="10.1.2.3",
    )
    serve, worker, actions, documents = places(settings)
    assert serve.health == "http://127.0.0.1:8783/health/ready"
    assert worker.metrics == "http://[::1]:8781/metrics"
    assert actions.socket == tmp_path / "actions.sock"
    assert actions.metrics == "http://127.0.0.1:8782/metrics"
    assert documents.health == "http://10.1.2.3:8795/health"


def counted(at: float, texts: int) -> Samples:
    lines = [f'w_bucket{{le="1.0"}} {texts}', f'w_bucket{{le="+Inf"}} {texts}', f"w_count {texts}"]
    return Samples.read("# TYPE w histogram\n" + "\n".join(lines) + "\n", at)


def test_pace_is_that_of_the_last_minute() -> None:
    window = Window(60)
    for at, texts in ((0, 100), (40, 140), (80, 200), (120, 230)):
        window.add(counted(at, texts), "w")
    pace = window.pace("w", None)
    assert (pace.per_minute, pace.over_s) == (67.5, 80)  # since the look before the last minute


def test_pace_begins_anew_after_a_restart() -> None:
    window = Window(60)
    for at, texts in ((0, 100), (2, 3)):
        window.add(counted(at, texts), "w")
    assert window.pace("w", None).per_minute is None
    window.add(counted(4, 5), "w")
    assert window.pace("w", None).per_minute == 60


def test_pace_is_unknown_without_an_uptime() -> None:
    assert since_start(counted(0, 9), "w", None).per_minute is None


@pytest.mark.parametrize(
    ("buckets", "value"),
    [
        ({}, None),
        ({1.0: 0, float("inf"): 0}, None),
        ({1.0: 100, float("inf"): 100}, 0.95),
        ({1.0: 50, 3.0: 100, float("inf"): 100}, 2.8),
        ({1.0: 50, float("inf"): 100}, 1.0),
    ],
)
def test_percentile_is_that_of_promql(buckets: dict[float, float], value: float | None) -> None:
    assert percentile(0.95, buckets) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "-"),
        (0.0123, "12 ms"),
        (2.34, "2.3 s"),
        (90, "2 min"),
        (7200, "2 h"),
        (259200, "3 d"),
    ],
)
def test_times_are_said_as_people_do(value: float | None, words: str) -> None:
    assert seconds(value) == words


def test_real_worker_is_read_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own health server and its own metrics, not a copy of their text."""
    metrics, heartbeat = WorkerMetrics(), Heartbeat(30)
    metrics.vitals.ask(lambda: heartbeat.is_ready)
    metrics.vitals.show_model("m-1")
    metrics.show_depth(Depth(4, 2, 1, 7.5))
    metrics.turn_seconds.labels("false").observe(0.3)
    server = HealthServer(heartbeat, metrics.registry, "127.0.0.1", 0)
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SEVA_WORKER_METRICS_PORT", str(server.port))
    try:
        code, roles = told("--role", "worker")
        heartbeat.trouble("voice", "voice: SpeechModelError", stops=False)
        _, later = told("--role", "worker")
    finally:
        server.close()
    worker = roles["worker"]
    assert code == 0 and worker["models"] == ["m-1"]
    assert (worker["oldest_s"], worker["waiting"], worker["dead"]) == (7.5, 4, 2)
    assert worker["per_minute"] > 0 and 0.25 < worker["p95_s"] < 0.5
    assert worker["memory_bytes"] > 1e7 and worker["processes"] >= 1
    assert later["worker"]["ready"]
    assert later["worker"]["notes"] == ["voice: voice: SpeechModelError"]
    assert b"seva_ready 1.0" in generate_latest(metrics.registry)


@pytest.mark.slow
async def test_real_server_is_read_as_it_is(tmp_path: Path) -> None:
    """Its internal listener, while the application runs."""
    port = free_port()
    settings = Settings(var_dir=tmp_path, models_dir=tmp_path / "models", internal_port=port)
    catalogue = shared_catalogue(Path("data"))
    internal = listen("127.0.0.1", port)
    engine, speech = FakeUnderstanding(), FakeSpeech()
    app = create_app(settings, engine, speech, catalogue=catalogue, internal=internal)
    watch = Watch(places(settings)[:1], once=True)
    async with app.router.lifespan_context(app):
        (report,) = await watch.look()
        assert report.ready and report.notes == () and report.waiting == 0
        assert report.memory_bytes is not None and report.per_minute == 0
        inbox, app.state.runtime.inbox = app.state.runtime.inbox, None
        (closed,) = await watch.look()
        app.state.runtime.inbox = inbox
        say_unready(app.state.runtime)
        (draining,) = await watch.look()
    assert not draining.ready and "this one still answers" in draining.notes[0]
    assert closed.answers and not closed.ready and closed.notes == ("inbox: closed",)
    (gone,) = await watch.look()
    assert not gone.answers


@pytest.mark.slow
def test_endless_json_ends_when_nobody_reads_on(town: dict[str, Fake]) -> None:
    command = f"{sys.executable} -m nlu.cli status --json --every 0.1 | head -n 2"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["roles"][1]["per_minute"] is None and second["roles"][1]["per_minute"] == 0
    assert done.stderr == ""


@pytest.mark.slow
def test_ctrl_c_ends_the_table_with_0(town: dict[str, Fake]) -> None:
    """On a terminal it goes on until then, and shows what has changed."""
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "nlu.cli", "status", "--every", "0.2"]
    # wide enough for every column: a pty has no size of its own
    environment = {**os.environ, "COLUMNS": "160", "LINES": "40", "TERM": "xterm"}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True
    )
    os.close(theirs)
    shown = Shown(terminal)
    try:
        shown.wait_for("12.5 s")
        changed = WORKER.replace("oldest_seconds 12.5", "oldest_seconds 47.0")
        town["worker"].answers["/metrics"] = (200, changed)
        shown.wait_for("47.0 s")
        town["serve"].slow = 30  # a role that hangs keeps nobody from stopping
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in shown.text


class Shown:
    """Reads a terminal as fast as it is written to: who writes would have to wait otherwise."""

    def __init__(self, terminal: int) -> None:
        self.text = ""
        threading.Thread(target=self._read, args=(terminal,), daemon=True).start()

    def _read(self, terminal: int) -> None:
        with suppress(OSError):  # its last writer has ended
            while more := os.read(terminal, 4096):
                self.text += more.decode("utf-8", "replace")
        os.close(terminal)

    def wait_for(self, words: str) -> None:
        end = time.monotonic() + 60
        while words not in self.text:
            assert time.monotonic() < end, self.text
            time.sleep(0.02)
