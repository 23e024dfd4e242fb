"""Sentences of talk: several intents in one file, edited one at a time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nlu.changes.check import Base, check_edited, check_whole
from nlu.changes.document import Document
from nlu.changes.edits import (
    AddSentence,
    ChangeSentence,
    EditRefused,
    RemoveSentence,
    edited,
    place_of,
)
from nlu.changes.proposal import is_edited_here
from tests.catalogue.sample import write_sample

TALK = """# Small talk.
talk:
  joke:   # a funny one
    reply: {te: "నవ్వు", hi: "हँसी", en: "Ha"}
    utterances:
      te:
        - "జోక్ చెప్పు"
        - "నవ్వించు"
      te-Latn: ["joke cheppu"]
      hi: ["चुटकुला सुनाओ"]
      hi-Latn: ["chutkula sunao"]
      en: ["tell me a joke", 'make me laugh']
  weather:
    reply: {te: "ఎండ", hi: "धूप", en: "Sun"}
    utterances:
      te:
        - "ఎండగా ఉందా"
      te-Latn: ["enda unda"]
      hi: ["धूप है क्या"]
      hi-Latn: ["dhoop hai kya"]
      en:
        - "is it sunny there"
"""
FILE = "talk/chat.yml"
JOKE = ("talk", "joke")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = write_sample(tmp_path_factory.mktemp("talk") / "data")
    (data / "talk").mkdir(exist_ok=True)
    (data / FILE).write_text(TALK, "utf-8")
    return data


def test_only_the_edited_lines_differ() -> None:
    edits = [
        ChangeSentence("utterances", "te", 0, "జోక్ చెప్పు", "ఒక జోక్ చెప్పు", JOKE),
        RemoveSentence("utterances", "en", 1, "make me laugh", JOKE),
        AddSentence("utterances", "en", "another joke please", JOKE),
    ]
    after = edited(TALK.encode(), edits).decode()
    old, new = TALK.split("\n"), after.split("\n")
    assert [(a, b) for a, b in zip(old, new) if a != b] == [
        ('        - "జోక్ చెప్పు"', '        - "ఒక జోక్ చెప్పు"'),
        (
            """      en: ["tell me a joke", 'make me laugh']""",
            """      en: ["tell me a joke", "another joke please"]""",
        ),
    ]
    document = Document(after.encode())
    assert document.line(*place_of(edits[0], document)) == 7
    assert place_of(edits[2], document) == (*JOKE, "utterances", "en", "1")


@pytest.mark.parametrize(
    "edit",
    [
        AddSentence("holdout", "te", "పరీక్ష", JOKE),
        AddSentence("utterances", "te", "పరీక్ష", ("talk",)),
        AddSentence("utterances", "te", "పరీక్ష", ("phrases", "joke")),
        ChangeSentence("utterances", "te", 0, "వేరే మాట", "కొత్త మాట", JOKE),
    ],
)
def test_what_is_not_edited_here_is_refused(edit: AddSentence | ChangeSentence) -> None:
    with pytest.raises(EditRefused):
        edited(TALK.encode(), [edit])


def test_which_files() -> None:
    assert is_edited_here(FILE) and is_edited_here("conversation/out_of_scope/abuse.yml")
    for name in ("talk/a/b.yml", "talk/../x.yml", "talk/x.yaml", "traits/danger.yml", "talk.yml"):
        assert not is_edited_here(name)


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        ("కొత్త జోక్ ఒకటి", "te", False),
        ("only English words", "te", True),
        ("is it sunny there", "en", True),  # of another intent of the same file
        ("call 9848022338 please", "en", True),
        ("[1](meter_number) joke", "en", True),
    ],
)
def test_the_check_of_the_file_says_what_the_whole_check_says(
    root: Path, tmp_path: Path, text: str, key: str, found: bool
) -> None:
    after = edited((root / FILE).read_bytes(), [AddSentence("utterances", key, text, JOKE)])
    mine = check_edited(Base.read(root), FILE, after)
    staged = tmp_path / "data"
    shutil.copytree(root, staged)
    before = set(map(str, check_whole(staged)))
    (staged / FILE).write_bytes(after)
    whole = {one for one in map(str, check_whole(staged)) if one not in before}
    assert bool(mine) is found, mine
    assert {one for one in map(str, mine) if one not in before} == whole


def test_a_proposal_knows_all_intents_of_the_file(root: Path) -> None:
    after = edited(
        (root / FILE).read_bytes(), [AddSentence("utterances", "en", "crack a joke", JOKE)]
    )
    base = Base.read(root).with_file(FILE, after)
    assert not check_edited(Base.read(root), FILE, after)
    said = base.catalogue.conversation["chat_joke"].utterances["en"]
    assert [one.text for one in said][-1] == "crack a joke"
    assert base.catalogue.conversation["chat_weather"].utterances["en"]
    assert check_edited(
        base,
        FILE,
        edited(after, [AddSentence("utterances", "en", "crack a joke", ("talk", "weather"))]),
    )
