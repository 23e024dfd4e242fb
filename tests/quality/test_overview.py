"""What the data team sees of each service."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from nlu.catalogue import load_catalogue
from nlu.quality.doubtful import Doubted, DoubtfulSearch, Twin
from nlu.quality.overview import Confusion, measured, overviews
from tests.catalogue.sample import write_sample


def report(models: Path) -> None:
    """Of a live model."""
    row = {"rows": 10, "top1": 0.9}
    told = {
        "by_service": {"bill_view": row, "bill_payment": {"rows": 10, "top1": 0.4}},
        "confusions": [["bill_view", "bill_payment", 3]],
        "noisy": {
            "by_service": {"bill_view": {"rows": 30, "top1": 1.0}},
            "confusions": [["bill_view", "bill_payment", 2], ["x", "y", 1]],
        },
    }
    (models / "m1" / "report").mkdir(parents=True)
    (models / "m1" / "report" / "holdout.json").write_text(json.dumps(told), "utf-8")
    (models / "live").write_text('{"id": "m1"}', "utf-8")


def test_the_weakest_service_stands_first(tmp_path: Path) -> None:
    """With its score of both hold-outs, its confusions, what it lacks, and the key with least."""
    catalogue = load_catalogue(write_sample(tmp_path / "data"))
    report(tmp_path / "models")
    known = measured(tmp_path / "models")
    pay, view = overviews(catalogue, known)
    assert (pay.name, view.name) == ("bill_payment", "bill_view")
    assert view.score is not None and pay.score is not None
    assert (view.score.rows, view.score.right) == (40, 39 / 40)
    assert pay.score.low < pay.score.right < view.score.low
    assert view.confusions == [Confusion("bill_view", "bill_payment", 5)]
    assert {key.key: key.counts["utterances"] for key in pay.keys} == {
        **dict.fromkeys(["te", "te-Latn", "hi", "hi-Latn", "en"], 2),
        "mix": 1,
    }
    assert not any(key.weakest for key in pay.keys)
    assert "fee" in pay.facts_lacking and "fee" not in view.facts_lacking
    assert view.file == "services/power/bill_view.yml"


@pytest.mark.parametrize("text", [None, "{", "{}"])
def test_without_a_report_nothing_is_claimed(tmp_path: Path, text: str | None) -> None:
    """No model, or a report that cannot be read."""
    catalogue = load_catalogue(write_sample(tmp_path / "data"))
    if text is not None:
        report(tmp_path)
        (tmp_path / "m1" / "report" / "holdout.json").write_text(text, "utf-8")
    found = overviews(catalogue, measured(tmp_path))
    assert [one.score for one in found] == [None, None]


def test_what_was_found_is_kept_by_its_words(tmp_path: Path) -> None:
    """Another process reads it from the cache; a search that fails says why."""
    said = {"intent": "a", "key": "en", "text": "pay", "file": "x", "line": 3}
    other = {**said, "intent": "b", "text": "Pay!"}
    doubt = {**said, "probability": 0.1, "other": "b", "other_probability": 0.8}
    told = {"labels": [doubt], "twins": [{"one": said, "two": other}]}
    go = threading.Event()

    def run(data: Path) -> bytes:
        go.wait(10)
        return json.dumps(told).encode() if data.name == "good" else b"no JSON"

    search = DoubtfulSearch(tmp_path, run)
    assert search.state == "none" and search.found() is None
    assert search.begin(tmp_path / "good", "h1")
    assert not search.begin(tmp_path / "good", "h1")
    go.set()
    _ended(search)
    for one in (search, DoubtfulSearch(tmp_path)):
        found = one.found()
        assert one.state == "done" and found is not None and found.hash == "h1"
        assert found.doubted == {("a", "en", "pay"): Doubted(0, 0.1, "b", 0.8)}
        assert found.twins["b", "en", "Pay!"] == [Twin("a", "en", "pay")]
    assert search.begin(tmp_path / "bad", "h2")
    _ended(search)
    assert search.state == "failed" and search.error
    assert search.found() is not None


def _ended(search: DoubtfulSearch) -> None:
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.name.endswith("(_search)"):
            thread.join(10)
