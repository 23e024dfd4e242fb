"""`seva load` as a process of its own, against a real webhook, inbox and sender."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.app import create_app
from api.inbox.schema import DELIVERED, READ
from nlu.catalogue import shared_catalogue
from nlu.settings.settings import Settings
from nlu.turn import Button, Reply
from tests.few_services import copied
from tests.inbox.worker_fakes import FakeEngine
from tests.processes import ROOT, free_port
from tests.served import served
from tests.working import working

pytestmark = pytest.mark.slow
SERVICES = ("electricity_bill_view", "rtc_ticket_booking", "income_certificate")


class Answers(FakeEngine):
    """Offers buttons for every second message."""

    def __init__(self) -> None:
        super().__init__(answer=self.reply)

    def reply(self, text: str) -> list[Reply]:
        buttons = (Button("Yes", "/yes"), Button("No", "/no")) if len(text) % 2 else ()
        return [Reply(f"echo {text}", buttons)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    listen, port = free_port(), free_port()
    data = copied(tmp_path_factory.mktemp("few") / "data", SERVICES)
    settings = Settings(
        var_dir=tmp_path_factory.mktemp("var"),
        data_dir=data,
        serve_port=port,
        whatsapp_base_url=f"http://127.0.0.1:{listen}",
    )
    engine = Answers()
    app = create_app(settings, engine, catalogue=shared_catalogue(data))
    with served(app, port), working(settings, engine):
        yield SimpleNamespace(
            listen=listen, port=port, data=data, engine=engine, var=settings.var_dir
        )


def started(stage: SimpleNamespace, page: Path, *more: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "SEVA_SERVE_PORT": str(stage.port),
        "SEVA_DATA_DIR": str(stage.data),
        "PYTHONPATH": str(ROOT),
    }
    given = ("--listen", f"127.0.0.1:{stage.listen}", "--page", str(page), "--json", *more)
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "nlu.cli", "load", *given],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    out, error = process.communicate(timeout=280)
    return process.returncode, json.loads(out) if out else {}, error


def test_a_deployment_is_driven_and_nothing_is_lost(stage: SimpleNamespace, tmp_path: Path) -> None:
    page, began = tmp_path / "load.html", time.time()
    # so few citizens that those who were offered buttons must go on
    more = ("--rate", "15", "--minutes", "0.1", "--ramp", "1", "--citizens", "51")
    code, found, error = ended(started(stage, page, *more, "--patience", "120"))
    slow = bool(found["errors"])  # on a machine with too much to do a delivery may come twice
    assert code == slow and "Traceback" not in error, (error, found)
    assert found["accepted"] == found["answered"] == found["messages"] > 40
    assert (found["lost"], found["doubled"], found["out_of_order"]) == (0, 0, 0)
    assert {"begin", "tap"} <= set(found["by_act"])
    assert len(found["by_key"]) >= 4
    assert 0 < found["accept_ms"]["p50"] <= found["answer_ms"]["p50"] <= found["answer_ms"]["max"]
    assert sum(row["answered"] for row in found["over_time"]) == found["messages"]
    assert str(found["messages"]) in page.read_text("utf-8")
    inbox = sqlite3.connect(stage.var / "seva.sqlite")
    of_run, until = "SELECT DISTINCT state FROM outbox WHERE created_at > ?", time.monotonic() + 60
    while (states := {row[0] for row in inbox.execute(of_run, (began,))}) - {DELIVERED, READ}:
        assert time.monotonic() < until, f"statuses did not come back: {states}"
        time.sleep(0.1)


def test_ctrl_c_ends_with_the_numbers_so_far(stage: SimpleNamespace, tmp_path: Path) -> None:
    page, before = tmp_path / "load.html", len(stage.engine.heard)
    process = started(stage, page, "--rate", "10", "--minutes", "30", "--ramp", "0")
    until = time.monotonic() + 60
    while len(stage.engine.heard) < before + 12 and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    code, found, error = ended(process)
    assert code == 0, (error, found)
    assert found["broken_off"] and found["messages"] >= 10 and found["seconds"] < 60
    assert "Broken off." in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        (("--webhook", "https://seva.example.gov.in/webhooks/whatsapp"), 2, "--no-real-citizens"),
        (("--languages", "te,xx"), 2, "no such language: xx"),
        (("--citizens", "1", "--rate", "9"), 2, "too few"),
        (("--listen", "8786"), 2, "--listen is HOST:PORT"),
        (("--webhook", "http://127.0.0.1:1/x"), 1, "http://127.0.0.1:1/x does not answer"),
        (("--webhook", "http://127.0.0.1:{port}/health/live"), 1, "SEVA_WHATSAPP_VERIFY_TOKEN"),
    ],
)
def test_what_cannot_be_says_what_to_do(
    stage: SimpleNamespace, tmp_path: Path, more: tuple[str, ...], code: int, says: str
) -> None:
    given = [part.format(port=stage.port) for part in more]
    found, document, error = ended(started(stage, tmp_path / "p.html", *given))
    assert (found, document) == (code, {}) and says in error, error
    assert not (tmp_path / "p.html").exists()
