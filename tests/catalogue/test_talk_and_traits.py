"""What is understood beside services: talk with one reply, and traits of a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue import load_catalogue
from nlu.catalogue.checker import check_catalogue
from tests.catalogue.sample import line_of, write_sample

TALK = """\
talk:
  passport:
    title: {te: "పాస్‌పోర్ట్", hi: "पासपोर्ट", en: "Passport"}
    reply: {te: "పాస్‌పోర్ట్ ఆఫీసు", hi: "पासपोर्ट दफ़्तर", en: "The passport office"}
    utterances:
      te: ["పాస్‌పోర్ట్ కావాలి"]
      te-Latn: ["passport kavali"]
      hi: ["पासपोर्ट चाहिए"]
      hi-Latn: ["passport chahiye"]
      en: ["I want a passport"]
"""
TRAIT = """\
labels:
  fire:
    reply: {te: "101", hi: "101", en: "101"}
    utterances: {en: ["my house is on fire"], hi: ["आग लगी है"]}
ordinary: {en: ["fire licence"]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = write_sample(tmp_path)
    for name, content in (("talk/elsewhere.yml", TALK), ("traits/danger.yml", TRAIT)):
        (root / name).parent.mkdir()
        (root / name).write_text(content, "utf-8")
    return root


def test_talk_is_an_intent_with_one_reply(folder: Path) -> None:
    intent = load_catalogue(folder).conversation["elsewhere_passport"]
    assert intent.reply and intent.reply["en"] == "The passport office" and intent.elsewhere
    assert [u.text for u in intent.utterances["hi-Latn"]] == ["passport chahiye"]


def test_a_trait_has_labels_and_what_is_ordinary(folder: Path) -> None:
    trait = load_catalogue(folder).traits["danger"]
    assert trait.labels["fire"].utterances["en"] == ("my house is on fire",)
    assert trait.labels["fire"].reply == {"te": "101", "hi": "101", "en": "101"}
    assert trait.ordinary == {"en": ("fire licence",)}


def test_what_is_learned_of_them_is_in_the_hash(folder: Path) -> None:
    """A reply alone trains nothing."""
    before = load_catalogue(folder).hash
    for file, old, new, retrains in (
        ("talk/elsewhere.yml", "The passport office", "Your post office", False),
        ("traits/danger.yml", '"101", hi', '"112", hi', False),
        ("talk/elsewhere.yml", "I want a passport", "passport for me", True),
        ("traits/danger.yml", "my house is on fire", "the house burns", True),
    ):
        path = folder / file
        text = path.read_text("utf-8")
        path.write_text(text.replace(old, new), "utf-8")
        assert (load_catalogue(folder).hash != before) == retrains, new
        path.write_text(text, "utf-8")


def test_the_sample_with_them_is_valid(folder: Path) -> None:
    assert check_catalogue(folder).problems == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "on", "says"),
    [
        ("talk/elsewhere.yml", "    reply:", "    replay:", "replay", "did you mean `reply`?"),
        ("talk/elsewhere.yml", '"I want a passport"', '"show bill"', "utter", "also an utterance"),
        ("talk/elsewhere.yml", 'te: ["పాస్‌పోర్ట్ కావాలి"]', "te: []", "te: []", "has 0 of at least"),
        ("traits/danger.yml", "labels:", "label:", "label:", "unknown key `label`"),
        ("traits/danger.yml", '["fire licence"]', '"fire licence"', "ordinary", "must be a list"),
    ],
)
def test_a_mistake_is_told_at_its_line(
    folder: Path, file: str, old: str, new: str, on: str, says: str
) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    found = [p for p in check_catalogue(folder).problems if says in str(p)]
    assert found, [str(p) for p in check_catalogue(folder).problems]
    if on != "utter":
        assert line_of(path, on) in [p.line for p in found]
