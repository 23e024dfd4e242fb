"""A file that is no YAML: the line of the likely mistake, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from nlu.fast_yaml import LOADER
from nlu.records import RecordError, compose
from nlu.yaml_mistakes import OTHER, mistake

SERVICE = """service: pension_status
title:
  te: "పింఛను స్టేటస్"
  en: "Pension status"
utterances:
  te:
    - "నా పింఛను వచ్చిందా"
    - "పింఛను స్టేటస్ చెప్పండి"
  en:
    - "pension status"
    - "has my pension come"
replies:
  ok:
    en: "Paid."
"""
MISTAKES = [
    ('    - "pension status"', '\t- "pension status"', 10, "begins with a tab"),
    ('  en: "Pension', '\ten: "Pension', 4, "begins with a tab"),
    ('"నా పింఛను వచ్చిందా"', '"నా పింఛను వచ్చిందా', 7, "is not closed in this line"),
    ('"pension status"', "'pension status", 10, "is not closed in this line"),
    ('"Paid."', '"Say "yes" now."', 14, "closed before `yes"),
    ('"Paid."', "'It's paid.'", 14, "closed before `s paid"),
    ('"pension status"', "“pension: status: mine”", 10, "is no quote to YAML"),
    ('"Paid."', "Paid: all of it", 14, "text with a colon needs quotes"),
    ('"Paid."', "@all paid", 14, "begins with `@` needs quotes"),
    ('"Paid."', "%s paid", 14, "begins with `%` needs quotes"),
    ('"Paid."', r'"C:\mine"', 14, r"`\m` means nothing"),
    ('  en: "Pension', '   en: "Pension', 4, "begins at column 4, the one above at 3"),
    ('    - "has my', '   - "has my', 11, "begins at column 4, the one above at 5"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "told"), MISTAKES)
def test_the_mistake_is_named(tmp_path: Path, right: str, wrong: str, line: int, told: str) -> None:
    assert SERVICE.count(right) == 1
    file = tmp_path / "s.yml"
    file.write_text(SERVICE.replace(right, wrong), "utf-8")
    with pytest.raises(RecordError) as error:
        compose(file)
    (problem,) = error.value.problems
    assert (problem.line, told in problem.mend) == (line, True), problem.mend


@pytest.mark.parametrize("mistaken", ["? [", "a: [1, 2", "&a *b", "- - -\n -", ":", "{"])
def test_whatever_is_wrong_is_told(tmp_path: Path, mistaken: str) -> None:
    """Also where none of the likely mistakes is found."""
    file = tmp_path / "s.yml"
    file.write_text(mistaken, "utf-8")
    try:
        yaml.compose(mistaken, Loader=LOADER)
    except yaml.YAMLError:
        with pytest.raises(RecordError, match="this is not YAML") as error:
            compose(file)
        assert error.value.problems[0].mend


def test_what_is_right_is_no_mistake() -> None:
    for line in range(1, SERVICE.count("\n") + 1):
        assert mistake(SERVICE, line) == (line, OTHER)
    assert mistake("", 1) == (1, OTHER)
