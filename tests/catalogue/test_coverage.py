"""The tables about the catalogue in docs/ say what the catalogue says."""

from __future__ import annotations

import pytest

from nlu.catalogue import coverage, shared_catalogue
from tests.processes import ROOT

MEND = "run `python -m nlu.catalogue.coverage`"


def test_tables_of_the_docs_are_those_of_the_catalogue() -> None:
    catalogue = shared_catalogue(ROOT / "data")
    page = (ROOT / coverage.PAGE).read_text("utf-8")
    assert coverage.with_coverage(page, coverage.coverage(catalogue)) == page, MEND
    assert (ROOT / coverage.SERVICES).read_text("utf-8") == coverage.services(catalogue), MEND


def test_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="coverage"):
        coverage.with_coverage("# A page", "")
