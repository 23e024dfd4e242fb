"""What fails has a second chance, is told where it stands, and a test that hangs ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT
from tests.suite import folder_of

pytestmark = pytest.mark.slow
ONCE = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("told", ["a@b", "/c::d"])
def test_fails_once(told):
    seen = Path(__file__).with_name("seen" + told[-1])
    if not seen.exists():
        seen.touch()
        raise AssertionError("the machine was too quick")
"""
TWICE = "def test_fails_twice():\n    assert 'wrong' == 'right'\n"
WELL = "def test_is_well():\n    pass\n"


def suite(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the tests of a folder as `make test` does."""
    settings = "[pytest]\nmarkers = xdist_group\n    slow\n    nightly\n"
    (folder / "pytest.ini").write_text(settings)
    plugins = ("-p", "xdist", "-p", "pytest_timeout")  # no others, which take longer than the tests
    command = [sys.executable, "-m", "tests.suite", "-q", *plugins, *arguments]
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**mine, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("workers", [("-n", "0"), ("-n", "2", "--dist", "loadgroup")])
def test_what_passes_the_second_time_is_unstable(tmp_path: Path, workers: tuple[str, ...]) -> None:
    marked = ONCE.replace(
        "import pytest", "import pytest\npytestmark = pytest.mark.xdist_group('g')"
    )
    (tmp_path / "test_once.py").write_text(marked)
    (tmp_path / "test_well.py").write_text(WELL)
    done = suite(tmp_path, *workers)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = (tmp_path / "var" / "unstable.txt").read_text()
    assert kept.count("UNSTABLE test_once.py::test_fails_once[") == 2
    assert "the machine was too quick" in kept
    assert done.stdout.rstrip().splitlines()[-1].startswith("2 UNSTABLE, failed once")
    again = suite(tmp_path, *workers)
    assert again.returncode == 0 and not (tmp_path / "var" / "unstable.txt").exists()


def test_what_fails_twice_is_red_and_an_unstable_one_beside_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_once.py").write_text(ONCE)
    (tmp_path / "test_twice.py").write_text(TWICE)
    (tmp_path / "test_well.py").write_text(WELL)
    done = suite(tmp_path)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 failed, 2 passed" in done.stdout  # the second run: the one that was well is not in it
    assert "FAILED TWICE test_twice.py::test_fails_twice" in done.stdout
    assert "2 UNSTABLE" in done.stdout


def test_more_than_twenty_are_red_at_once(tmp_path: Path) -> None:
    many = ONCE.replace('["a@b", "/c::d"]', "map(chr, range(97, 97 + 21))")
    (tmp_path / "test_many.py").write_text(many)
    done = suite(tmp_path)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "21 tests failed: too many for a second chance" in done.stdout
    assert "Once more" not in done.stdout


def test_a_run_that_could_not_begin_is_red_at_once(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("import nothing_of_this_name\n")
    assert suite(tmp_path).returncode == pytest.ExitCode.INTERRUPTED


def test_each_folder_is_told_as_it_ends(tmp_path: Path) -> None:
    for name in ("one", "two"):
        inside = tmp_path / "tests" / name / "deeper"
        inside.mkdir(parents=True)
        (inside / f"test_{name}.py").write_text(WELL)
    told = suite(tmp_path, "-n", "2", "tests").stdout.splitlines()
    folders = [line.partition("] ")[2] for line in told if line.startswith("[ ")]
    assert sorted(line.partition(",")[0] for line in folders) == [
        "tests/one: 1 tests",
        "tests/two: 1 tests",
    ]
    assert folder_of("tests/test_a.py::test_b") == "tests"


HANGS = """
import subprocess, sys, threading, time

def wait_for_ever():
    threading.Event().wait()

def test_hangs():
    child = subprocess.Popen(["sleep", "1234"])
    open("child", "w").write(str(child.pid))
    threading.Thread(target=wait_for_ever, daemon=True).start()
    time.sleep(1000)
"""
DEAF = HANGS.replace(
    "    time.sleep",
    "    import signal\n    signal.pthread_sigmask(0, [signal.SIGALRM])\n    time.sleep",
)


def is_alive(folder: Path) -> bool:
    state = Path(f"/proc/{(folder / 'child').read_text()}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("test", [HANGS, DEAF], ids=["interrupted", "deaf"])
def test_one_that_hangs_is_red_with_its_stacks_and_the_run_goes_on(
    tmp_path: Path, test: str
) -> None:
    (tmp_path / "test_hangs.py").write_text(test + "\n" + WELL)
    limits = ("-o", "timeout=1", "-o", "timeout_grace=1")
    done = suite(tmp_path, "-p", "tests.time_limit", "-n", "1", *limits)
    told = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, told
    assert "1 failed, 1 passed" in told and "FAILED TWICE test_hangs.py::test_hangs" in told
    assert "in wait_for_ever" in told and "test_hangs" in told
    assert not is_alive(tmp_path)


def test_more_time_wants_a_reason(tmp_path: Path) -> None:
    test = "import pytest\n@pytest.mark.may_take(60, {reason!r})\ndef test_slow():\n    {what}\n"
    slow = "import time; time.sleep(1.5)"
    for reason, what, status in (("it trains", slow, 0), ("", "pass", 3)):
        (tmp_path / "test_slow.py").write_text(test.format(reason=reason, what=what))
        done = suite(tmp_path, "-p", "tests.time_limit", "-o", "timeout=1")
        assert done.returncode == status, done.stdout + done.stderr
