"""`seva benchmark longest-text`, on short texts and without a model."""

from __future__ import annotations

import json

import pytest

from benchmarks.longest_text import main
from benchmarks.longest_texts import ORDINARY, kinds


def test_every_kind_of_text_is_measured_where_each_kind_of_slot_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--no-model", "--length", "40", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document["ms"]) == {ORDINARY, *kinds(1)}
    assert {"place", "date", "code"} <= set(document["ms"][ORDINARY])
    assert document["worst"]["ms"] >= document["ms"]["dates"]["date"]
