"""Marks are taken out of the text, with offsets into what is left."""

from __future__ import annotations

import pytest

from nlu.catalogue.marks import MarkError, parse_marks
from nlu.catalogue.model import Mark

READ = [
    ("no marks (at all)", "no marks (at all)", ()),
    ("[123](n) bill", "123 bill", (Mark(0, 3, "n"),)),
    ("[తిరుపతి](to_stop)కి టికెట్", "తిరుపతికి టికెట్", (Mark(0, 7, "to_stop"),)),
    (
        "from [Guntur](stop:from) to [Vizag](stop:to)",
        "from Guntur to Vizag",
        (Mark(5, 11, "stop", "from"), Mark(15, 20, "stop", "to")),
    ),
    ("[a](x)[b](y)", "ab", (Mark(0, 1, "x"), Mark(1, 2, "y"))),
]
REFUSED = [
    "[123] (n)",
    "[123",
    "123](n)",
    "[123]n",
    "[[123](n)",
    "[](n)",
    "[ 123](n)",
    "[123]()",
    "[123](n:)",
    "[123](N)",
    "[123](n:a:b)",
]


@pytest.mark.parametrize(("source", "text", "marks"), READ)
def test_marks_are_read(source: str, text: str, marks: tuple[Mark, ...]) -> None:
    """Text and marks; each mark covers its surface."""
    assert parse_marks(source) == (text, marks)


@pytest.mark.parametrize("source", REFUSED)
def test_broken_marks_are_refused(source: str) -> None:
    """With words on how to write them."""
    with pytest.raises(MarkError) as caught:
        parse_marks(source)
    assert caught.value.what
    assert caught.value.mend
