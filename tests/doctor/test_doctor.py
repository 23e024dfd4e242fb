"""The doctor itself: order, exit codes, JSON, nothing changed, nothing told that is secret."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nlu.cli import app
from nlu.doctor import Deployment, Finding, NotLooked, check
from nlu.doctor.examination import PLACES, all_checks, examine, is_well, ordered
from nlu.doctor.report import json_report, report
from nlu.storage.keys import new_key
from tests.doctor.site import CHECKS, Site
from tests.doctor.test_messages import change, opened, received
from tests.processes import ROOT

TESTS = Path(__file__).parent


def found(severity: Any, what: str) -> Finding:
    return Finding(severity, what, "why", "mend")


@check("first", "the first is well", "nothing")
def first(here: Deployment) -> Iterator[Finding]:
    yield found("notice", "to know")
    yield found("trouble", "soon")


@check("second", "the second is well", "nothing")
def second(here: Deployment) -> Iterator[Finding]:
    yield found("critical", "now")
    yield found("critical", "now")


@check("third", "the third is well", "nothing")
def third(here: Deployment) -> Iterator[Finding]:
    yield from ()


@check("fourth", "the fourth is well", "nothing", "worker")
def fourth(here: Deployment) -> Iterator[Finding]:
    raise NotLooked("it is dark")


@check("fifth", "the fifth is well", "nothing")
def fifth(here: Deployment) -> Iterator[Finding]:
    raise ValueError("98480 12345")
    yield


@check("sixth", "the sixth is well", "nothing")
def sixth(here: Deployment) -> Iterator[Finding]:
    time.sleep(5)
    yield from ()


def test_the_worst_comes_first_and_each_once(site: Site) -> None:
    results = examine(site.deployment(), [first, second, third])
    assert [one.what for _, one in ordered(results)] == ["now", "soon", "to know"]
    assert not is_well(results) and is_well(examine(site.deployment(), [third, fourth]))


def test_a_report_has_three_lines_for_each_finding(site: Site) -> None:
    lines = report(examine(site.deployment(), [first, third, fourth])).splitlines()
    assert lines == [
        "   trouble first: soon",
        "       why why",
        "      mend mend",
        "    notice first: to know",
        "       why why",
        "      mend mend",
        "      well third: the third is well",
        "not looked fourth: it is dark",
        "",
        "1 trouble, 1 notice; 1 of 3 checks are well",
    ]


def test_what_is_well_is_green_on_a_terminal(site: Site) -> None:
    told = report(examine(site.deployment(), [third]), coloured=True)
    assert told.startswith("\033[32m      well\033[0m third")


def test_checks_of_other_roles_are_left_out(site: Site) -> None:
    site.roles = ("serve",)
    assert [one.check.name for one in examine(site.deployment(), [third, fourth])] == ["third"]


def test_a_check_that_fails_hides_no_other_and_quotes_nothing(site: Site) -> None:
    results = examine(site.deployment(), [fifth, second])
    told = report(results)
    assert "`fifth` could not be made (ValueError in fifth" in told and "now" in told
    assert "98480" not in told + json_report(results)


def test_a_check_that_hangs_is_told(site: Site) -> None:
    site.limits["check_seconds"] = 0.1
    (late, well) = examine(site.deployment(), [sixth, third])
    assert "took longer than 0.1 s" in late.findings[0].what and not well.findings


def test_each_check_has_a_name_of_its_own_and_a_test() -> None:
    """The tests of this folder name every check."""
    names = [one.name for one in all_checks()]
    assert len(set(names)) == len(names) >= 40
    written = "\n".join(file.read_text("utf-8") for file in TESTS.glob("test_*.py"))
    assert {name for name in names if f'"{name}"' not in written} == set()


def test_there_are_checks_on_every_floor() -> None:
    homes = {one.look.__module__.rpartition(".")[0] for one in all_checks()}
    assert homes == set(PLACES)


def test_the_table_of_checks_is_true() -> None:
    """`python docs/make_checks.py` writes it anew."""
    made = runpy.run_path(str(ROOT / "docs" / "make_checks.py"))
    text = made["PAGE"].read_text("utf-8")
    assert made["page"](text) == text
    assert set(re.findall(r"^\| `([a-z-]+)` \|", text, re.M)) >= set(CHECKS)


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_nothing_is_changed(site: Site) -> None:
    site.live()
    opened(site)
    received(site, 3)
    before = snapshot(site.folder)
    examine(site.deployment())
    assert snapshot(site.folder) == before


@pytest.mark.slow
def test_nothing_is_made_where_nothing_is(site: Site) -> None:
    """Other commands make keys and databases at the first use of their folder."""
    examine(site.deployment())
    assert list(site.var.iterdir()) == []


@pytest.mark.slow
def test_no_secret_and_no_number_is_told(site: Site) -> None:
    """With everything wrong at once, and a word of its own in each place."""
    received(site, 2, ago=7200)
    change(site, "UPDATE inbox SET lane = '1:919848012345', reason = 'ValueError'")
    change(site, "UPDATE inbox SET state = 2 WHERE seq = 1")
    marked = {
        **{f"SEVA_{name}": f"m4rk3d-{name}" for name in ("NOTICES_KEY", "LOG_KEY", "API_KEYS")},
        "SEVA_WHATSAPP_APP_SECRET": "m4rk3d-app",
        "SEVA_WHATSAPP_ACCESS_TOKEN": "m4rk3d-token",
        "SEVA_WHATSAPP_PHONE_NUMBER_ID": "+91 m4rk3d",
        "SEVA_ACTIONS_SECRET": "m4rk3d",
        "SEVA_JOURNAL_URL": "postgresql://seva:m4rk3d@127.0.0.1:1/seva",
        "SEVA_DEPARTMENT_ENERGY_KEY": "m4rk3d-energy",
        "SEVA_DEPARTMENT_ENERGY_URL": "https://seva:m4rk3d@energy.invalid/m4rk3d?key=m4rk3d",
        "SEVA_WHATSAPP_BASE_URL": "https://m4rk3d@127.0.0.1:1/m4rk3d",
        "SEVA_DOCUMENTS_URL": "https://seva:m4rk3d@documents.invalid/m4rk3d",
        "SEVA_ENV": "production",
    }
    site.environ |= {**marked, "SEVA_SEALING_KEY": new_key()}
    site.environ["SEVA_DATA_DIR"] = str(ROOT / "data")
    results = examine(site.deployment())
    told = report(results) + json_report(results)
    assert len(ordered(results)) > 30
    assert "m4rk3d" not in told and "98480" not in told
    assert site.environ["SEVA_SEALING_KEY"] not in told


def test_the_command_says_it_as_one_document(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SEVA_DATABSE_URL", "sqlite")
    done = CliRunner().invoke(app, ["doctor", "--json", "--role", "serve"])
    told = json.loads(done.stdout)
    assert done.exit_code == 1 and told["ok"] is False
    settings = next(one for one in told["findings"] if one["check"] == "settings")
    assert set(settings) == {"check", "severity", "what", "why", "mend"}
    assert settings["mend"] == "did you mean SEVA_DATABASE_URL?"
    assert "news" not in told["well"] and "demo-mode" in told["well"]
    assert told["not_looked"]["serve"] == "no process of Seva runs"


@pytest.mark.slow
def test_a_sound_deployment_ends_with_zero(site: Site) -> None:
    """The project's own catalogue and nothing that runs: only departments are not asked.

    How full this machine's disk is, is not the deployment's.
    """
    site.live(ROOT / "data")
    environ = {**os.environ, **site.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "nlu.cli", "doctor", "--role", "serve", "--role", "worker"]
    done = subprocess.run(
        [*words, "--json"], cwd=site.folder, env=environ, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    wrong = [one for one in told["findings"] if one["severity"] != "notice"]
    assert [one for one in wrong if one["check"] != "disk-space"] == []
    assert (done.returncode, done.stderr) == (1 if wrong else 0, "")
    assert "model-files" in told["well"]
