"""Trainings and comparisons as jobs that outlive who started them: one at a time on a machine.

A job is a child process in a group of its own, at a low priority, with one or two threads. It holds
a lock as long as it lives, which the kernel frees however it ends. What it is, how far it is and
what it printed lie in files under `SEVA_VAR_DIR/jobs`, so that a console finds it after a restart.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from nlu.environment import THREAD_VARIABLES
from nlu.known_fields import known_fields
from nlu.paths import var_folder

JOB, PROGRESS, LOG, PID, CANCELLED = (
    *("job.json", "progress.jsonl", "log.txt", "pid", "cancelled"),
)
_KEPT = 20  # jobs whose files stay
_TRIES, _PAUSE = 20, 0.05  # a look at the lock lasts a blink
_GRACE = 10.0  # seconds for a job to end by itself
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_LONGEST_LOG = 64_000  # bytes that are read of a log
Status = Literal["running", "done", "failed", "cancelled", "stopped"]


class Busy(RuntimeError):
    """Another job runs on this machine."""


@dataclass(frozen=True)
class Job:
    """What is done: `what` is train, gate or compare. `by` is a person's name, `account` the id of
    theirs at the console; `at` is in seconds of the epoch."""

    id: str
    what: str
    by: str
    account: str
    at: float
    reason: str = ""
    profile: str = ""
    model: str = ""
    against: str = ""


@dataclass(frozen=True)
class State:
    """How a job stands. `share` and `seconds_left` are None where nobody can tell; `model` is what
    a training made, `passed` what the gate said of it; `trouble` why it failed or who cancelled."""

    job: Job
    status: Status
    step: str = ""
    share: float | None = None
    seconds_left: float | None = None
    model: str = ""
    passed: bool | None = None
    trouble: str = ""


class Jobs:
    """The jobs of this machine. Calls block for milliseconds, `cancel` for seconds."""

    def __init__(self, folder: Path | None = None, command: Sequence[str] = ()) -> None:
        """`command` runs a job; its folder is added as the last argument."""
        self._folder = (folder or var_folder() / "jobs").absolute()
        self._command = command or (sys.executable, "-m", "nlu.training.job_process")

    def start(self, what: str, *, by: str, account: str, **more: str) -> Job:
        """Starts a job. Raises Busy."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = self._take()
        try:
            mark = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
            job = Job(mark, what, by, account, round(time.time(), 3), **more)
            place = self._folder / job.id
            place.mkdir(mode=0o700)
            _write(place / JOB, json.dumps(asdict(job), ensure_ascii=False))
            with open(place / LOG, "wb") as log:
                process = subprocess.Popen(
                    [*self._command, str(place)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=_environment(),
                    pass_fds=(lock,),
                    start_new_session=True,
                )
            _write(place / PID, str(process.pid))
        finally:
            os.close(lock)  # the child has it
        threading.Thread(target=process.wait, daemon=True).start()  # leaves no zombie
        self._forget_old()
        return job

    def running(self) -> bool:
        """Whether a job runs on this machine."""
        if not self._folder.is_dir():
            return False
        handle = self._open()
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def latest(self) -> State | None:
        """How the job that was started last stands."""
        found = self._ids()
        return self.state(found[-1]) if found else None

    def all(self) -> list[State]:
        """All that are kept, the latest first."""
        return [state for one in reversed(self._ids()) if (state := self.state(one)) is not None]

    def state(self, job_id: str) -> State | None:
        """How a job stands; None for an id that is none."""
        job = self._job(job_id)
        if job is None:
            return None
        running = job.id == self._ids()[-1] and self.running()
        lines = self._lines(job)  # read after the look at the lock: an end is written before it
        last: Mapping[str, Any] = next((one for one in reversed(lines) if "step" in one), {})
        end = next((one for one in reversed(lines) if "end" in one), None)
        if end is not None:
            told = known_fields(State, {**end, "status": end["end"]})
            return State(**{"job": job, "step": last.get("step", ""), **told})
        if running:
            return State(job, "running", last.get("step", ""), *_until_now(last))
        mark = self._folder / job.id / CANCELLED
        status: Status = "cancelled" if mark.is_file() else "stopped"
        by = mark.read_text("utf-8") if mark.is_file() else ""
        return State(job, status, last.get("step", ""), trouble=by)

    def log(self, job_id: str) -> str:
        """The end of what a job printed; empty for an id that is none."""
        if self._job(job_id) is None:
            return ""
        path = self._folder / job_id / LOG
        if not path.is_file():
            return ""
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - _LONGEST_LOG))
            return file.read().decode("utf-8", "replace")

    def cancel(self, job_id: str, by: str) -> bool:
        """Ends a job with all that it started; False if it does not run. Takes seconds."""
        state = self.state(job_id)
        if state is None or state.status != "running":
            return False
        place = self._folder / job_id
        _write(place / CANCELLED, by)
        group = int((place / PID).read_text("utf-8"))
        for sign, wait in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
            # The number is that of the job: as long as the lock is held, it lives.
            try:
                os.killpg(group, sign)
            except ProcessLookupError:
                return True
            ends = time.monotonic() + wait
            while self.running() and time.monotonic() < ends:
                time.sleep(_PAUSE)
            if not self.running():
                return True
        return not self.running()

    def _job(self, job_id: str) -> Job | None:
        path = self._folder / job_id / JOB
        if not _ID.fullmatch(job_id) or not path.is_file():
            return None
        return Job(**known_fields(Job, json.loads(path.read_text("utf-8"))))

    def _ids(self) -> list[str]:
        found = [p.parent.name for p in self._folder.glob(f"*/{JOB}")]
        return sorted(found, key=lambda one: (self._folder / one / JOB).stat().st_mtime_ns)

    def _lines(self, job: Job) -> list[Mapping[str, Any]]:
        path = self._folder / job.id / PROGRESS
        text = path.read_text("utf-8") if path.is_file() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def _open(self) -> int:
        return os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)

    def _take(self) -> int:
        handle = self._open()
        for tried in range(_TRIES):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return handle
            except BlockingIOError:
                time.sleep(_PAUSE if tried < _TRIES - 1 else 0)
        os.close(handle)
        raise Busy("another training or comparison runs on this machine")

    def _forget_old(self) -> None:
        for one in self._ids()[:-_KEPT]:
            shutil.rmtree(self._folder / one, ignore_errors=True)


def _until_now(last: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Share and seconds left, moved on by the time since the step began."""
    share, left = last.get("share"), last.get("seconds_left")
    if share is None or left is None:
        return None, None
    passed = min(left, max(0.0, time.time() - last["at"]))
    whole = left / (1 - share) if share < 1 else 0.0
    return round(share + passed / whole, 3) if whole else share, round(left - passed, 1)


def _environment() -> dict[str, str]:
    """That of a job: one thread, or two where there are cores for it."""
    kept = {name: value for name, value in os.environ.items() if name not in THREAD_VARIABLES}
    return {**kept, "SEVA_THREADS": "2" if (os.cpu_count() or 1) > 2 else "1"}


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o600)
