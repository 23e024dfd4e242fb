"""`seva benchmark verification-page` measures each step, at full speed and slowed."""

from __future__ import annotations

import json
import logging

import pytest

from benchmarks.verification_page import STEPS, main


class Watched(logging.Handler):
    """Knows whether somebody closed it."""

    closed = False

    def close(self) -> None:
        self.closed = True
        super().close()


def test_every_step_is_measured(capsys):
    others = Watched()
    assert main(["--runs", "2", "--slow", "2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document["slowed"]) == ["1", "2"]
    for row in document["slowed"].values():
        assert all(row[step]["p95_ms"] >= 0 for step in STEPS)
        assert row["result_ms"] > 0
    assert not others.closed, "the benchmark's server set up the logging of the whole process"


def test_no_runs_are_refused():
    with pytest.raises(SystemExit) as ended:
        main(["--runs", "0"])
    assert ended.value.code == 2
