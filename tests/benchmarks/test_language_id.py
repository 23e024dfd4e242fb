"""`seva benchmark language-id` on a miniature of its data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import language_id
from benchmarks.datasets.files import MissingData

SENTENCES = {
    ("te", "native"): ["నాకు బిల్లు కావాలి", "రేపు వర్షం వస్తుందా"],
    ("te", "roman"): ["naaku billu kaavaali", "repu varsham vastunda"],
    ("hi", "native"): ["मुझे बिल चाहिए", "कल बारिश होगी क्या"],
    ("hi", "roman"): ["mujhe bill chahiye", "kal barish hogi kya"],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "dakshina").mkdir()
    (tmp_path / "massive").mkdir()
    _write(tmp_path, "dev")
    message = {"id": "0", "annot_utt": "show my bill", "utt": "show my bill", "intent": "x"}
    (tmp_path / "massive" / "en-US.dev.jsonl").write_text(json.dumps(message), "utf-8")
    return tmp_path


def _write(data: Path, split: str) -> None:
    for (language, script), lines in SENTENCES.items():
        name = f"{language}.romanized.rejoined.{split}.{script}.txt"
        (data / "dakshina" / name).write_text("\n".join(lines) + "\n", "utf-8")


@pytest.mark.parametrize("inside", ["", "dakshina"])
def test_sentences_of_all_keys_are_read(inside: str, data: Path) -> None:
    """From the folder of both data sets, or from Dakshina's with MASSIVE beside it."""
    split, native, romanised = language_id.read(data / inside)
    assert split == "dev"
    assert [key for key, _ in native] == ["te", "te", "hi", "hi", "en"]
    assert [key for key, _ in romanised] == ["te-Latn", "te-Latn", "hi-Latn", "hi-Latn", "en"]
    assert ("en", "show my bill") in native


def test_the_test_split_is_scored_where_it_is(data: Path) -> None:
    _write(data, "test")
    assert language_id.read(data)[0] == "test (English: dev)"


def test_missing_sentences_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"te\.romanized\.rejoined\.dev\.roman\.txt"):
        language_id.read(tmp_path)


def test_scores_count_right_keys() -> None:
    rows = [("te", "a"), ("te", "b"), ("hi-Latn", "c"), ("en", "d")]
    accuracy, every, right = language_id.score(dict(a="te", b="hi", c="hi-Latn", d="en").get, rows)
    assert (accuracy, every["te"], right["te"], right["en"]) == (0.75, 2, 1, 1)


def test_document_has_what_the_table_shows(data: Path) -> None:
    """Without train files there is no peer; all five keys of this miniature are told apart."""
    document = language_id.run(data)
    assert document["peer"] is None
    assert document["native"] == {"accuracy": 100.0, "rows": 5}
    assert document["romanised"] == {"accuracy": 100.0, "rows": 5}
    assert {key: row["rows"] for key, row in document["by_class"].items()} == {
        "te": 2, "hi": 2, "en": 1, "te-Latn": 2, "hi-Latn": 2,
    }  # fmt: skip
    table = "\n".join(language_id.lines(document))
    assert "100.00" in table and str(document["model_bytes"]) in table


@pytest.mark.parametrize("arguments", [["--help"]])
def test_help_says_what_is_scored(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        language_id.main(arguments)
    assert left.value.code == 0
    assert "Dakshina" in capsys.readouterr().out
