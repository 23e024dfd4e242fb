"""`seva demo --smoke`: what counts as a right answer, and the real thing."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from rich.console import Console

from api.demo.demo import Demo, SmokeCase, _welcome, verdict
from api.demo.progress import StartProgress
from nlu.catalogue import shared_catalogue
from nlu.fast_yaml import load_yaml
from nlu.settings.settings import Settings
from tests.processes import ROOT, free_port

pytestmark = pytest.mark.may_take(900, "starts the whole demo")

CASE = SmokeCase("919000000001", "te", "Telu", ["845"], text="నా కరెంటు బిల్లు ఎంత")
TELUGU = "మీ కరెంటు బిల్లు ₹845"


def replies(*texts: str) -> list[dict[str, Any]]:
    """As the simulator's outbox lists them."""
    return [{"text": text} for text in texts]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (replies(TELUGU), None),
        (replies("మీ కరెంటు బిల్లు", "మొత్తం ₹845"), None),
        ([], "no reply"),
        (replies("మీ కరెంటు బిల్లు ఎంతో తెలియదు"), "not in the reply: 845"),
        (replies("Your electricity bill is Rs 845"), "only 0% of the letters are Telu"),
        (replies("आपका बिजली बिल ₹845"), "only 0% of the letters are Telu"),
        (replies("845"), "only 0% of the letters are Telu"),
        (replies(""), "not in the reply: 845"),
    ],
)
def test_verdict(said: list[dict[str, Any]], wrong: str | None) -> None:
    """Something must come back, with the amount in it, in the citizen's script."""
    assert verdict(CASE, said) == wrong


def test_smoke_file_covers_five_keys_and_a_voice_note() -> None:
    """Two ways to write Telugu and Hindi, one English, one spoken; each its own citizen."""
    raw = load_yaml((ROOT / "data" / "demo" / "smoke.yml").read_text("utf-8"))
    cases = [SmokeCase(**case) for case in raw]
    assert len({case.citizen for case in cases}) == len(cases)
    assert sorted(case.language for case in cases if case.text) == ["en", "hi", "hi", "te", "te"]
    spoken = [case for case in cases if case.audio]
    assert spoken and all((ROOT / "data" / "demo" / str(c.audio)).is_file() for c in spoken)
    assert all(case.contains for case in cases if case.text)


def test_what_is_printed_to_try_is_in_the_sandbox() -> None:
    """Each number, or each word of a row without one."""
    counters = "\n".join(
        path.read_text("utf-8") for path in (ROOT / "actions/sandbox/counters").glob("*.yml")
    )
    rows = load_yaml((ROOT / "data" / "demo" / "numbers.yml").read_text("utf-8"))
    assert len(rows) > 5
    for row in rows:
        day = re.search(r"(\d\d)-(\d\d)-(\d{4})", row["number"])
        said = row["number"].replace(day[0], "-".join(day.groups()[::-1])) if day else row["number"]
        for part in said.split(", "):
            assert part.removeprefix("mother ").casefold() in counters.casefold(), row


def test_the_end_of_the_start_names_every_page_and_what_to_try(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = Settings(
        simulator_port=1002, sandbox_port=1003, documents_port=1004, var_dir=tmp_path
    )
    demo = Demo(settings.copy(update={"data_dir": ROOT / "data"}), Console(), Path("logs"))
    _welcome(demo, 12.0)
    said = capsys.readouterr().out
    for port in (1002, 1003, 1004):
        assert f"http://127.0.0.1:{port}/" in said
    assert "6123401005678" in said and "1020304050" in said
    assert f"{settings.console_address}/invitation/" in said


@pytest.mark.parametrize("terminal", [True, False])
def test_the_start_says_what_it_is_doing(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar on a terminal, and a line for each step where there is none."""
    monkeypatch.setenv("TERM", "xterm")
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=80)
    with StartProgress(console, 2) as progress:
        progress.waiting_for(["serve", "worker"])
        progress.done("serve")
    said = out.getvalue()
    assert ("━" in said and "serve, worker" in said) is terminal
    assert ("  serve (0 s)" in said) is not terminal


def test_parts_find_each_other_at_other_ports() -> None:
    """One variable moves a part, and the others follow; it is the advice of the error message."""
    settings = Settings(
        simulator_port=1002,
        sandbox_port=1003,
        documents_port=1004,
        internal_port=1005,
        callbacks_port=1006,
        console_port=1007,
    )
    demo = Demo(settings.copy(update={"data_dir": ROOT / "data"}), Console(), Path("logs"))
    addresses = demo.addresses()
    assert addresses["SEVA_WHATSAPP_BASE_URL"] == "http://127.0.0.1:1002"
    assert addresses["SEVA_DEPARTMENT_ENERGY_URL"] == "http://127.0.0.1:1003/energy"
    assert addresses["SEVA_DOCUMENTS_URL"] == "http://127.0.0.1:1004"
    assert addresses["SEVA_NOTICES_URL"] == "http://127.0.0.1:1005/notices"
    assert addresses["SEVA_GATEWAY_SANDBOX_URL"] == "http://127.0.0.1:1003/gateway"
    assert addresses["SEVA_SANDBOX_SMS_URL"] == "http://127.0.0.1:1002/__sms"
    back = "http://127.0.0.1:1006/callbacks/payments/sandbox"
    assert addresses["SEVA_SANDBOX_CALLBACK_URL"] == back
    assert addresses["SEVA_SANDBOX_CHAT_URL"] == "http://127.0.0.1:1002/"
    for department in shared_catalogue(ROOT / "data").departments.values():
        if department.called:
            there = f"http://127.0.0.1:1003/{department.id}"
            assert addresses[department.base_url.env] == there
    urls = [urlsplit(value) for value in addresses.values() if value.startswith("http")]
    assert {url.port for url in urls} == {1002, 1003, 1004, 1005, 1006, 1007}


def test_smoke_runs(tmp_path: Path) -> None:
    """Every process, signed webhooks, a voice note; it ends 0 and leaves nothing running."""
    names = (
        *("SERVE", "INTERNAL", "WORKER_METRICS", "SIMULATOR", "ACTIONS_METRICS", "CALLBACKS"),
        *("SANDBOX", "DOCUMENTS", "CONSOLE"),
    )
    ports = {f"SEVA_{name}_PORT": str(free_port()) for name in names}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "nlu.cli", "demo", "--smoke"],
        cwd=ROOT,
        env={**os.environ, **ports, "SEVA_VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert done.stdout.count("right") == 6
    assert (tmp_path / "var" / "seva.sqlite").is_file()
    logs = {path.stem for path in (tmp_path / "var" / "logs").glob("*.log")}
    roles = {"sandbox", "documents", "actions", "simulator", "serve", "worker", "console"}
    assert logs == roles
    for path in (tmp_path / "var" / "logs").glob("*.log"):
        text = path.read_text("utf-8", "replace")
        assert "Traceback" not in text, text[-3000:]
        assert "919000000001" not in text and "6123401005678" not in text, path.name


def test_taken_port_is_told(tmp_path: Path) -> None:
    """With the variable to set, before anything is started."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "nlu.cli", "demo", "--smoke"],
            cwd=ROOT,
            env={**os.environ, "SEVA_SANDBOX_PORT": port, "SEVA_VAR_DIR": str(tmp_path / "var")},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    told = " ".join(done.stderr.split())
    assert f"port {port} is taken" in told and "SEVA_SANDBOX_PORT" in told
