"""`seva benchmark log` in small: what it measures is right, whatever it takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import log


def test_small_log_is_measured_beside_the_peer(tmp_path: Path, capsys) -> None:
    given = ["--entries", "400", "--peer-entries", "301", "--callers", "4", "--json"]
    assert log.main([*given, "--folder", str(tmp_path)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["write"]["consistent"] == document["write"]["restarts"] == 10
    assert document["peer"]["ours"].keys() == document["peer"]["peer"].keys()
    assert document["ratio"]["lone"] > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [["--entries", "3"], ["--peer-entries", "10"], ["--batch", "0"]])
def test_sizes_that_measure_nothing_are_wrong_usage(wrong: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        log.main(wrong)
    assert ended.value.code == 2
