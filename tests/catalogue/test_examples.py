"""Examples of slot types must be understood; the answer is remembered until something changes."""

from __future__ import annotations

import json
from pathlib import Path

from nlu.catalogue.checker import check_catalogue
from tests.catalogue.sample import TYPES_FILE, line_of, write_sample


def test_check_finds_an_example_that_is_not_understood(tmp_path: Path, own_cache: Path) -> None:
    """Also when the answer comes from the cache."""
    write_sample(tmp_path, {TYPES_FILE: ('"234567"', '"23"')})
    for _ in ("read", "remembered"):
        (problem,) = check_catalogue(tmp_path).problems
        assert "the example `23` of meter_number is not understood" in problem.what
        assert problem.line == line_of(tmp_path / TYPES_FILE, "examples")
    assert (own_cache / "check" / "examples.json").exists()


def test_check_reads_the_examples_again_after_a_change(tmp_path: Path) -> None:
    """A mended example is not held against the file."""
    write_sample(tmp_path, {TYPES_FILE: ('"234567"', '"23"')})
    assert len(check_catalogue(tmp_path).problems) == 1
    write_sample(tmp_path)
    assert check_catalogue(tmp_path).problems == ()


def test_check_survives_a_cache_it_cannot_read(tmp_path: Path, own_cache: Path) -> None:
    """Whatever another version left there."""
    file = own_cache / "check" / "examples.json"
    file.parent.mkdir()
    for content in ("", "[]", json.dumps({"key": 1})):
        file.write_text(content, "utf-8")
        assert check_catalogue(write_sample(tmp_path)).problems == ()
