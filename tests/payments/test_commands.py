"""`seva payments` where a setting is wrong: one line that names it, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("command", ["list", "report", "reconcile"])
def test_wrong_setting_is_named_in_one_line(command: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "nlu.cli", "payments", command],
        env={**os.environ, "SEVA_SETTLE_SECONDS": "often"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("SEVA_SETTLE_SECONDS: ") and "Traceback" not in line
