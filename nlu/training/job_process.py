"""The process of a job: `python -m nlu.training.job_process FOLDER`, started by `nlu.training.job`.

A training asks the gate about what it made, so that the page of the model has its verdict.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from nlu.environment import prepare_environment
from nlu.known_fields import known_fields
from nlu.training.job import JOB, PROGRESS, Job

_NICE = 10
GATE, COMPARE = "Comparing with the live model", "Comparing two models"


class Steps:
    """Writes the lines that the page reads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, **told: Any) -> None:
        """One line, whole at once."""
        line = json.dumps({"at": round(time.time(), 3), **told}, ensure_ascii=False) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)


def run(job: Job, steps: Steps) -> None:
    """Does the job. Raises whatever stands in the way."""
    if job.what == "train":
        _train(job, steps)
    elif job.what == "gate":
        steps.write(step=GATE)
        steps.write(end="done", model=job.model, passed=_gate(job.model))
    elif job.what == "compare":
        from nlu.paths import models_folder
        from nlu.training.compare import compare

        steps.write(step=COMPARE)
        compare(models_folder(), job.against, job.model)
        steps.write(end="done", model=job.model)
    else:
        raise ValueError(f"there is no job {job.what!r}")


def _train(job: Job, steps: Steps) -> None:
    from dataclasses import asdict

    from nlu.training.progress import Progress, earlier_times, keep_times
    from nlu.training.train import train

    progress = Progress(earlier_times(job.profile))

    def say(text: str) -> None:
        print(text, flush=True)
        steps.write(**asdict(progress.step(text)))

    manifest = train(
        job.profile or None,
        progress=say,
        reason=job.reason,
        author=job.by,
        account=job.account,
    )
    say(GATE)
    passed = _gate(manifest.id)
    keep_times(job.profile, progress.times())
    steps.write(end="done", model=manifest.id, passed=passed)


def _gate(model: str) -> bool | None:
    """What the gate says; None where no other model is live."""
    from nlu.paths import models_folder
    from nlu.shared_models import bring
    from nlu.training.gate import verdict_on
    from nlu.training.gate_command import told

    bring(models_folder(), model)
    verdict = verdict_on(models_folder(), model)
    if verdict is None:
        return None
    print(told(verdict), flush=True)
    return verdict.passed


def main(place: Path) -> int:
    """0 if it was done."""
    os.nice(_NICE)
    os.umask(0o022)  # a model is for every process, whoever trains it; the console's files are not
    prepare_environment(os.environ)
    signal.signal(signal.SIGTERM, _end)
    job = Job(**known_fields(Job, json.loads((place / JOB).read_text("utf-8"))))
    steps = Steps(place / PROGRESS)
    try:
        run(job, steps)
    except Exception as error:  # its end is told, whatever it is; the log has where
        traceback.print_exc()
        steps.write(end="failed", trouble=f"{type(error).__name__}: {error}"[:500])
        return 1
    return 0


def _end(_sign: int, _frame: FrameType | None) -> None:
    """As an exception, so that a half model is cleared away."""
    raise SystemExit(143)


if __name__ == "__main__":
    code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # at once: what TensorFlow does at its end takes seconds, and the lock is held
