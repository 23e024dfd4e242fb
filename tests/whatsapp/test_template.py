"""What a template may carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.demo.simulator.rules import load_rules
from api.whatsapp.policy import load_policy
from api.whatsapp.render import as_template, parameter
from nlu.fast_yaml import load_yaml

RULES = load_policy(Path("data/whatsapp.yml")).template
PARAMETERS = [
    ("మీ పని అయింది.", "మీ పని అయింది.", True),
    ("one\ntwo\r\n\r\nthree", "one two three", True),
    ("a\tb\u2028c", "a b c", True),
    ("a        b", "a    b", True),
    ("  around \n", "around", True),
    ("call 9848012345 now", "call XXXXXX2345 now", False),
    ("ఆధార్ 4991 1866 5246", "ఆధార్ XXXXXXXX5246", False),
    ("RTC26111001, ₹1,845", "RTC26111001, ₹1,845", True),
]


@pytest.mark.parametrize(("text", "line", "whole"), PARAMETERS)
def test_parameter_is_one_line_without_private_numbers(text: str, line: str, whole: bool) -> None:
    assert parameter(text, RULES.text, RULES.spaces) == (line, whole)


def test_long_parameter_is_cut_at_a_sentence() -> None:
    line, whole = parameter("మీ భూమి కొలిచారు. " * 100, RULES.text, RULES.spaces)
    assert len(line) <= RULES.text and line.endswith("కొలిచారు.…") and not whole


def test_language_without_a_template_has_none() -> None:
    assert as_template("a", "b", "kn", RULES) is None


def test_every_reply_language_has_a_template_that_the_simulator_knows() -> None:
    languages = load_yaml(Path("data/languages.yml").read_text("utf-8"))["reply_languages"]
    approved = load_rules().templates[RULES.name]
    assert set(RULES.languages) == set(languages)
    for code in RULES.languages.values():
        assert len(approved[code]) + RULES.about + RULES.text < 1024
