"""Runs many tests: a line for each folder that ends, and a second chance for what failed.

    python -m tests.suite -q -n 3 -m "not nightly" tests

Any argument is pytest's. What failed runs once more at the end, in one process with nothing beside
it. What fails again is red. What passes then is UNSTABLE: it is told as the last thing, with its
first failure, and kept in `var/unstable.txt`, and the run is green. More than twenty failures are
no matter of chance: they are red at once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

UNSTABLE = Path("var") / "unstable.txt"
MOST = 20
"""So many failures get a second chance."""
LINES = 40
"""So many lines of a first failure are told; its end says most."""
ADVICE = "failed once and passed alone: mend each with the next change (CONTRIBUTING.md, Tests)"


def main(arguments: Sequence[str]) -> int:
    """Runs the tests, and what failed again; the exit status is pytest's."""
    UNSTABLE.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="seva-suite-") as folder:
        first, second = Path(folder) / "first.json", Path(folder) / "second.json"
        status = _run(*arguments, f"--told={first}")
        failed = _told(first)["failed"]
        if status != pytest.ExitCode.TESTS_FAILED or not failed:
            return status
        if len(failed) > MOST:
            print(f"{len(failed)} tests failed: too many for a second chance", flush=True)
            return status
        print(f"\nOnce more, alone: {len(failed)} that failed", flush=True)
        alone = ("-n", "1", "--dist", "load", f"--again={first}", f"--told={second}")
        status = _run(*arguments, *alone)
        passed = set(_told(second)["passed"])
    unstable = {name: why for name, why in failed.items() if _bare(name, passed)}
    _tell_unstable(unstable)
    for name in failed:
        if name not in unstable:
            print(f"FAILED TWICE {name}", flush=True)
            status = status or pytest.ExitCode.TESTS_FAILED
    return status


def _run(*arguments: str) -> int:
    """One run of pytest, in a process of its own; an interrupt is its to tell."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.suite", *arguments]
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait() or pytest.ExitCode.INTERRUPTED


def _told(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {"failed": {}, "passed": []}
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def _bare(name: str, among: set[str]) -> str | None:
    """The name among these of a test that xdist may have told with its group: `a.py::b@group`."""
    parts = name.split("@")
    names = ("@".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((one for one in names if one in among), None)


def _tell_unstable(unstable: Mapping[str, str]) -> None:
    if not unstable:
        return
    told = "\n".join(f"UNSTABLE {name}\n{why}\n" for name, why in unstable.items())
    UNSTABLE.parent.mkdir(exist_ok=True)
    UNSTABLE.write_text(told, "utf-8")
    print(f"\n{told}\n{len(unstable)} UNSTABLE, {ADVICE}", flush=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What one run is asked by this module."""
    group = parser.getgroup("seva suite")
    group.addoption("--told", metavar="FILE", help="write down what failed and passed")
    group.addoption("--again", metavar="FILE", help="run only what failed there")


def pytest_configure(config: pytest.Config) -> None:
    """Watches the run, where it is not a worker of one."""
    if config.option.told is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watch(config, Path(config.option.told)), "seva-watch")
    if config.option.again is not None:
        failed = set(_told(Path(config.option.again))["failed"])
        config.pluginmanager.register(Again(config.rootpath, failed), "seva-again")


class Again:
    """Chooses what failed before."""

    def __init__(self, root: Path, failed: set[str]) -> None:
        self.failed = failed
        self.files = {root / name.partition("::")[0] for name in failed}

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Reads no other file."""
        return (collection_path.is_file() and collection_path not in self.files) or None

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Runs no other test of these files."""
        names = {item.nodeid for item in items}
        mine = {_bare(name, names) for name in self.failed}
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in mine])
        items[:] = [item for item in items if item.nodeid in mine]


class Watch:
    """Notes what failed and why, and tells each folder that has ended: when the run is cut off, one
    sees where it was."""

    def __init__(self, config: pytest.Config, to: Path) -> None:
        self.config, self.to, self.began = config, to, time.monotonic()
        self.failed: dict[str, str] = {}
        self.passed: list[str] = []
        self.left: Counter[str] = Counter()
        self.count: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Counts the tests of each folder; all workers found the same."""
        self._expect(ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Counts them in a run of one process."""
        self._expect([item.nodeid for item in session.items])

    def _expect(self, ids: Sequence[str]) -> None:
        if not self.count:
            self.count.update(map(folder_of, ids))
            self.left.update(self.count)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes a phase of a test: its set-up, itself, its end, or that its process died."""
        folder = folder_of(report.nodeid)
        self.seconds[folder] += report.duration
        if report.failed:
            lines = str(report.longreprtext).splitlines()[-LINES:]
            self.failed.setdefault(report.nodeid, "\n".join(lines))
        elif report.passed and report.when == "call":
            self.passed.append(report.nodeid)
        if report.when not in ("setup", "call"):
            self.left[folder] -= 1
            if self.left[folder] == 0:
                self._tell(folder)

    def _tell(self, folder: str) -> None:
        terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        minutes, seconds = divmod(round(time.monotonic() - self.began), 60)
        terminal.write(
            f"\n[{minutes:3}:{seconds:02}] {folder}: {self.count[folder]} tests,"
            f" {self.seconds[folder]:.0f} s of a worker\n"
        )
        terminal.flush()

    def pytest_sessionfinish(self) -> None:
        """Writes it down."""
        passed = [name for name in self.passed if name not in self.failed]
        self.to.write_text(json.dumps({"failed": self.failed, "passed": passed}), "utf-8")


def folder_of(name: str) -> str:
    """The folder of a test, at most one below `tests`."""
    *folders, _ = name.partition("::")[0].split("/")
    return "/".join(folders[:2]) or "."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
