"""`seva check` finds what an editor did to a sentence, and somebody's number in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.model import Utterance
from tests.catalogue.sample import VIEW, line_of, write_sample
from tests.processes import ROOT

RIGHT = '  en: ["how much is the bill", "show bill"]'
BLOCK = RIGHT + "\n  mix:\n    - "


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            "show the bill #12 please",
            "`show the bill` is cut at the `#` behind it; put it in",
        ),
        ('"show “my” bill"', "has a word processor's quote `“`"),
        ("«show the bill»", "has a word processor's quote `«`"),
        ('"todo: more of these"', "is a note, not a sentence"),
        ('"Todo"', "is a note, not a sentence"),
        ('"bill of 9705511223"', "`9705511223` may be the number of a person"),
        ('"bill of 97055 11223 please"', "`97055 11223` may be the number of a person"),
        ('"बिल ९७०५५११२२३ का"', "`9705511223` may be the number of a person"),
        ('"aadhaar 3675 9834 6016 bill"', "`3675 9834 6016` may be the number of a person"),
    ],
)
def test_the_sentence_is_named(tmp_path: Path, sentence: str, told: str) -> None:
    root = write_sample(tmp_path, {VIEW: (RIGHT, BLOCK + sentence)})
    (problem,) = check_catalogue(root).problems
    assert told in f"{problem.what}; {problem.mend}"
    assert problem.line == line_of(root / VIEW, sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        '"show the bill #12"',
        '"show the bill" # a common one',
        "\"don't know the bill, it's late\"",
        '"bill of 4991 1866 5246"',
        '"bill of 9848012345"',
        '"bill of [9705511223](meter_number)"',
        '"bill 123456789012"',
        '"todolist of bills"',
    ],
)
def test_what_people_write_is_left_alone(tmp_path: Path, sentence: str) -> None:
    root = write_sample(tmp_path, {VIEW: (RIGHT, BLOCK + sentence)})
    assert not check_catalogue(root).problems


def test_a_sentence_under_the_key_of_another_language_is_found() -> None:
    from nlu.training.wrong_key import wrong_keys

    result = check_catalogue(ROOT / "data")
    service = result.catalogue.services["ration_shop_complaint"]
    wrong = {
        "te-Latn": ("the dealer of our ration shop gives less rice every month",),
        "hi-Latn": ("maa voori reshan dealer prati nela biyyam takkuva istunnadu andi",),
        "en": ("hamare gaon ka ration dealer har mahine kam chawal deta hai",),
    }
    right = {
        "te-Latn": (wrong["hi-Latn"][0], "ration card status check cheyyandi please"),
        "hi-Latn": (wrong["en"][0], "ration card status check"),
        "en": (wrong["te-Latn"][0], "talliki vandanam status"),
    }
    told = []
    for some in (wrong, right):
        texts = {
            key: tuple(Utterance(text, (), n + 1) for n, text in enumerate(lines))
            for key, lines in some.items()
        }
        changed = replace(service, utterances=texts)
        catalogue = replace(result.catalogue, services={service.name: changed}, conversation={})
        told.append([p.what for p in wrong_keys(replace(result, catalogue=catalogue))])
    assert told[1] == []
    assert sorted(what.split("` under `")[1] for what in told[0]) == [
        "en` is in the language of `hi-Latn`",
        "hi-Latn` is in the language of `te-Latn`",
        "te-Latn` is in the language of `en`",
    ]
