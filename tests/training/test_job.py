"""Jobs: one at a time, found again after a restart, ended with all that they started."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nlu.training.job import Busy, Job, Jobs, State
from nlu.training.job_process import Steps, run

RUNS = """
import json, os, subprocess, sys, time
place = sys.argv[1]
def tell(**what):
    with open(place + "/progress.jsonl", "a") as out:
        out.write(json.dumps({"at": time.time(), **what}) + "\\n")
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(place + "/child", "w").write(str(child.pid))
print("it works", os.environ["SEVA_THREADS"], "OMP_NUM_THREADS" in os.environ, flush=True)
tell(step="Training", share=0.5, seconds_left=60.0)
while not os.path.exists(place + "/go"):
    time.sleep(0.02)
child.kill()
tell(end="done", model="m2", passed=False)
"""


def until(found: Callable[[], bool]) -> None:
    """Waits for what a process does; a process that never does it fails the test."""
    ends = time.monotonic() + 60
    while not found():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "jobs", (sys.executable, "-c", RUNS))


def place(tmp_path: Path, job: Job) -> Path:
    return tmp_path / "jobs" / job.id


def started(jobs: Jobs) -> Job:
    job = jobs.start("train", by="Lakshmi", account="a1", reason="ration", profile="fast")
    until(lambda: "it works" in jobs.log(job.id) and standing(jobs, job).step != "")
    return job


def standing(jobs: Jobs, job: Job) -> State:
    state = jobs.state(job.id)
    assert state is not None
    return state


def is_alive(pid: int) -> bool:
    """Neither gone nor a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_job_tells_how_far_it_is_and_what_it_made(jobs: Jobs, tmp_path: Path) -> None:
    assert jobs.latest() is None and not jobs.running()
    job = started(jobs)
    state = standing(jobs, job)
    assert (state.status, state.step) == ("running", "Training")
    assert state.share is not None and 0.5 <= state.share < 1
    assert state.seconds_left is not None and 0 < state.seconds_left <= 60
    again = Jobs(tmp_path / "jobs")  # the console was restarted
    assert again.latest() is not None and again.running()
    (place(tmp_path, job) / "go").touch()
    until(lambda: not jobs.running())
    state = standing(again, job)
    assert (state.status, state.model, state.passed) == ("done", "m2", False)
    assert state.job.reason == "ration" and state.job.by == "Lakshmi"


def test_threads_are_chosen_for_it(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of the console, which has set them for itself."""
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    job = started(jobs)
    assert jobs.log(job.id).split()[2:] in (["1", "False"], ["2", "False"])
    assert jobs.cancel(job.id, "Lakshmi")


def test_two_starts_at_once_are_one(tmp_path: Path) -> None:
    made: list[Job | None] = []
    gate = threading.Barrier(6)

    def start() -> None:
        mine = Jobs(tmp_path / "jobs", (sys.executable, "-c", RUNS))
        gate.wait()
        try:
            made.append(mine.start("train", by="Lakshmi", account="a1"))
        except Busy:
            made.append(None)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (job,) = [one for one in made if one is not None]
    assert len(made) == 6 and len(list((tmp_path / "jobs").glob("*/job.json"))) == 1
    assert Jobs(tmp_path / "jobs").cancel(job.id, "Lakshmi")


def test_cancelling_ends_all_that_it_started(jobs: Jobs, tmp_path: Path) -> None:
    job = started(jobs)
    child = int((place(tmp_path, job) / "child").read_text())
    assert Jobs(tmp_path / "jobs").cancel(job.id, "Ravi")
    until(lambda: not is_alive(child))
    state = standing(jobs, job)
    assert (state.status, state.trouble) == ("cancelled", "Ravi")
    assert not jobs.cancel(job.id, "Ravi")  # once is enough


def test_a_killed_job_leaves_no_lock(jobs: Jobs, tmp_path: Path) -> None:
    job = started(jobs)
    os.killpg(int((place(tmp_path, job) / "pid").read_text()), signal.SIGKILL)
    until(lambda: not jobs.running())
    assert standing(jobs, job).status == "stopped"
    second = started(jobs)
    assert second.id != job.id and jobs.cancel(second.id, "Lakshmi")


@pytest.mark.parametrize("odd", ["../jobs", "..", "", "20261130-101010-abcdef/..", "/etc"])
def test_an_id_that_is_none_reads_no_file(jobs: Jobs, tmp_path: Path, odd: str) -> None:
    (tmp_path / "jobs").mkdir()
    for folder in (tmp_path, tmp_path / "jobs"):
        (folder / "job.json").write_text("{}")
        (folder / "log.txt").write_text("secret")
    assert jobs.state(odd) is None and jobs.log(odd) == "" and not jobs.cancel(odd, "x")


def test_files_are_their_owners(jobs: Jobs, tmp_path: Path) -> None:
    job = started(jobs)
    assert place(tmp_path, job).stat().st_mode & 0o077 == 0
    assert (place(tmp_path, job) / "job.json").stat().st_mode & 0o077 == 0
    assert jobs.cancel(job.id, "Lakshmi")


def test_the_real_process_tells_its_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`seva train` on a catalogue that is none."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("SEVA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path / "models"))
    jobs = Jobs(tmp_path / "jobs")
    job = jobs.start("train", by="Lakshmi", account="a1", profile="fast")
    until(lambda: standing(jobs, job).status != "running")
    state = standing(jobs, job)
    assert state.status == "failed" and "CatalogueError" in state.trouble, jobs.log(job.id)
    assert "Traceback" in jobs.log(job.id)
    assert not list((tmp_path / "models").glob(".training-*"))


def test_steps_are_lines_of_json(tmp_path: Path) -> None:
    steps = Steps(tmp_path / "progress.jsonl")
    steps.write(step="తెలుగు")
    steps.write(end="done", model="m")
    lines = (tmp_path / "progress.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line).get("step") for line in lines] == ["తెలుగు", None]
    with pytest.raises(ValueError, match="no job"):
        run(Job("x", "dance", "", "", 0.0), steps)
