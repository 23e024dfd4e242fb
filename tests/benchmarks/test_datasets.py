"""Readers of public data sets: on rows written here, and on the real files where they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.datasets import hinglish_top, hint3, massive
from benchmarks.datasets.files import MissingData
from nlu.joint.examples import Span

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
real_files = pytest.mark.skipif(not SHARED.is_dir(), reason="the public data sets are not here")


@pytest.mark.parametrize(
    "marked, text, values",
    [
        (
            "[date : శుక్రవారం] [time : ఉదయం తొమ్మిది గంటలు] కి నన్ను నిద్ర లేపు",
            "శుక్రవారం ఉదయం తొమ్మిది గంటలు కి నన్ను నిద్ర లేపు",
            [("date", "శుక్రవారం"), ("time", "ఉదయం తొమ్మిది గంటలు")],
        ),
        ("[date : repu] nannu lepu", "repu nannu lepu", [("date", "repu")]),
        ("मुझे [date : कल] जगाओ", "मुझे कल जगाओ", [("date", "कल")]),
        ("kal [time : subah] jagao", "kal subah jagao", [("time", "subah")]),
        (
            "wake me at [time : five : thirty am]",
            "wake me at five : thirty am",
            [("time", "five : thirty am")],
        ),
        ("no mark at all", "no mark at all", []),
    ],
)
def test_massive_marks_become_spans_of_the_text(
    marked: str, text: str, values: list[tuple[str, str]]
) -> None:
    found, spans = massive.unmarked(marked)
    assert found == text
    assert [(s.label, text[s.start : s.end]) for s in spans] == values


def test_massive_refuses_marks_that_do_not_fit(tmp_path: Path) -> None:
    """The line is named; a span over other text would be a wrong label."""
    row = {"intent": "a", "utt": "కరెంటు బిల్లు", "annot_utt": "[x : కరెంట్] బిల్లు"}
    (tmp_path / "te-IN.train.jsonl").write_text(json.dumps(row), "utf-8")
    with pytest.raises(ValueError, match=r"te-IN\.train\.jsonl:1"):
        massive.read(tmp_path, "te-IN", "train")


@real_files
@pytest.mark.parametrize("locale", massive.LOCALES)
@pytest.mark.parametrize("split, rows", [("train", 11514), ("dev", 2033)])
def test_massive_reads_every_real_row(locale: str, split: str, rows: int) -> None:
    """`read` raises where marks taken off do not give the text back: none of the rows does."""
    examples = massive.read(SHARED / "massive", locale, split)
    assert len(examples) == rows
    assert all(e.text[s.start : s.end].strip() for e in examples for s in e.spans)
    assert {e.language for e in examples} == {locale}


def test_massive_scores_test_before_dev(tmp_path: Path) -> None:
    (tmp_path / "te-IN.dev.jsonl").touch()
    assert massive.scored_split(tmp_path) == "dev"
    (tmp_path / "te-IN.test.jsonl").touch()
    assert massive.scored_split(tmp_path) == "test"


def test_hinglish_top_takes_the_outermost_slots() -> None:
    """A slot inside a nested intent belongs to the slot that holds that intent."""
    parse = (
        "[IN:CREATE_REMINDER mujhe [SL:TODO [IN:GET_CALL [SL:CONTACT maa ] ko call ] ] "
        "[SL:DATE_TIME kal 5 baje ] yaad dilao ]"
    )
    intent, words, spans = hinglish_top.top_level(parse)
    assert intent == "CREATE_REMINDER"
    assert words == "mujhe maa ko call kal 5 baje yaad dilao"
    assert [(s.label, words[s.start : s.end]) for s in spans] == [
        ("TODO", "maa ko call"),
        ("DATE_TIME", "kal 5 baje"),
    ]


def test_hinglish_top_keeps_quotes_and_drops_spans_that_fit_no_text(tmp_path: Path) -> None:
    """Quotes are characters there; one real row spells a word differently in its parse."""
    rows = [
        "en_query\tcs_query\ten_parse\tcs_parse\tdomain",
        'x\t"hello" bhejo\tx\t[IN:SEND_MESSAGE [SL:CONTENT "hello" ] bhejo ]\tm',
        "x\t80s ki playlist\tx\t[IN:PLAY_MUSIC [SL:TITLE '80s ] ki playlist ]\tm",
    ]
    (tmp_path / "train.tsv").write_text("\n".join(rows), "utf-8")
    first, second = hinglish_top.read(tmp_path, "train")
    assert (first.text, first.spans) == ('"hello" bhejo', (Span(0, 7, "CONTENT"),))
    assert (second.text, second.intent, second.spans) == ("80s ki playlist", "PLAY_MUSIC", ())


def test_hinglish_top_names_the_line_without_an_intent(tmp_path: Path) -> None:
    rows = ["cs_query\tcs_parse", "kal jagao\tkal jagao"]
    (tmp_path / "train.tsv").write_text("\n".join(rows), "utf-8")
    with pytest.raises(ValueError, match=r"train\.tsv:2"):
        hinglish_top.read(tmp_path, "train")


@real_files
@pytest.mark.parametrize("split, rows", [("train", 2993), ("validation", 1390)])
def test_hinglish_top_aligns_the_real_rows(split: str, rows: int) -> None:
    examples = hinglish_top.read(SHARED / "hinglish_top", split)
    assert len(examples) == rows
    assert all(e.text[s.start : s.end].strip() for e in examples for s in e.spans)
    assert sum(bool(e.spans) for e in examples) > 0.85 * rows


@pytest.mark.parametrize("label", ["NO_NODES_DETECTED", "", " out_of_scope ", "OOS", "nan"])
def test_hint3_knows_what_belongs_to_no_intent(tmp_path: Path, label: str) -> None:
    (tmp_path / "test").mkdir()
    content = f'sentence,label\n"kab aayega, mera order",ORDER_STATUS\nhmm,{label}\n'
    (tmp_path / "test" / "shop_test.csv").write_text(content, "utf-8")
    rows = hint3.read_test(tmp_path, "shop")
    assert rows is not None
    assert [(r.text, r.intent) for r in rows] == [
        ("kab aayega, mera order", "ORDER_STATUS"),
        ("hmm", hint3.OUT_OF_SCOPE),
    ]


def test_hint3_finds_bots_by_their_full_training_set(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    for name in ("shop_train.csv", "shop_subset_train.csv", "bank_train.csv"):
        (tmp_path / "train" / name).write_text("sentence,label\nemi?,EMI\n", "utf-8")
    assert hint3.bots(tmp_path) == ["bank", "shop"]
    assert hint3.read_test(tmp_path, "shop") is None
    with pytest.raises(MissingData, match="bank_subset_train"):
        hint3.read_train(tmp_path, "bank", subset=True)


def test_hint3_refuses_other_columns(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "shop_train.csv").write_text("text,intent\nemi?,EMI\n", "utf-8")
    with pytest.raises(ValueError, match="text,intent"):
        hint3.read_train(tmp_path, "shop")


@pytest.mark.parametrize(
    "read",
    [
        lambda folder: massive.read(folder, "hi-IN", "train"),
        lambda folder: massive.scored_split(folder),
        lambda folder: hinglish_top.read(folder, "train"),
        lambda folder: hinglish_top.scored_split(folder),
        lambda folder: hint3.bots(folder),
    ],
)
def test_missing_files_are_named_with_what_to_do(read, tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"(?s)--data.*get .*github\.com"):
        read(tmp_path)
