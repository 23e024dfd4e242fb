"""`seva check` finds what an editor did to a sentence, and somebody's number in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue.checker import check_catalogue
from tests.catalogue.sample import FILES, VIEW, line_of, write_sample

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


CONTRAST = "contrast: {most: 15, fewest: 5, patterns: {en: ', not ', te: 'కాదు,', hi: 'नहीं,'}}\n"


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (RIGHT, "units of my meter, not the amount"),
        ('  te: ["బిల్లు ఎంత", "[123456](meter_number) బిల్లు చూపించండి"]', "మీటరు కాదు, బిల్లు ఎంత"),
        ('  hi: ["बिल कितना है", "बिल दिखाओ"]', "मीटर नहीं, बिल कितना"),
    ],
)
def test_too_many_sentences_that_say_what_is_not_wanted(
    tmp_path: Path, block: str, sentence: str
) -> None:
    """One of five is too many; where ten are the fewest that have a share it is one of ten."""
    written = f'{block[:-1]}, "{sentence}"]'
    root = write_sample(tmp_path, {VIEW: (block, written)})
    (root / "check.yml").write_text(FILES["check.yml"] + CONTRAST, "utf-8")
    (problem,) = check_catalogue(root).problems
    assert "20.0 % of what is trained in" in problem.what
    assert problem.file == root / VIEW
    calm = CONTRAST.replace("fewest: 5", "fewest: 10")
    (root / "check.yml").write_text(FILES["check.yml"] + calm, "utf-8")
    assert not check_catalogue(root).problems


def test_a_pattern_that_is_none_is_named(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    broken = FILES["check.yml"] + CONTRAST.replace("', not '", "'(not '")
    (root / "check.yml").write_text(broken, "utf-8")
    (problem,) = check_catalogue(root).problems
    assert "the pattern of `en` is no regular expression" in problem.what
    assert problem.line == line_of(root / "check.yml", "contrast:")
