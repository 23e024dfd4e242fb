"""Documents that Seva issues itself: read from a department's file, and checked at their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue import load_catalogue
from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.department import Paper
from nlu.fast_yaml import load_yaml
from tests.catalogue.sample import write_sample
from tests.catalogue.test_schemas import validator
from tests.catalogue.test_writes import POWER

FORM = """\
labels:
  amount: {te: "మొత్తం", hi: "राशि", en: "Amount"}
  due: {te: "గడువు", hi: "अंतिम तारीख़", en: "Due"}
  issued_on: {te: "తేదీ", hi: "तारीख़", en: "Date"}
"""
DOCUMENT = """\
    document:
      form: bill_copy
      values:
        amount: "bill.amount"
        due: "date_text(bill.due)"
      filename: "bill.number"
"""


def printing(folder: Path, document: str = DOCUMENT) -> Path:
    """The sample whose getBill has a document."""
    root = write_sample(folder)
    (root / "forms").mkdir()
    (root / "forms" / "bill_copy.yml").write_text(FORM, "utf-8")
    file = root / POWER
    text = file.read_text("utf-8").replace("    kind: read\n", f"    kind: read\n{document}", 1)
    file.write_text(text, "utf-8")
    return root


def test_document_of_a_form_is_read(tmp_path: Path) -> None:
    root = printing(tmp_path)
    assert check_catalogue(root).problems == ()
    found = load_catalogue(root).departments["power"].operations["getBill"]
    values = {"amount": "bill.amount", "due": "date_text(bill.due)"}
    assert found.paper == Paper("bill_copy", values, ("ok",), "bill.number")
    assert found.document is None


def test_outcomes_of_a_document_are_read(tmp_path: Path) -> None:
    root = printing(tmp_path, DOCUMENT + "      outcomes: [not_found]\n")
    found = load_catalogue(root).departments["power"].operations["getBill"].paper
    assert found is not None and found.outcomes == ("not_found",)


def test_schema_knows_it(tmp_path: Path) -> None:

    root = printing(tmp_path)
    raw = load_yaml((root / POWER).read_text("utf-8"))
    assert list(validator("department").iter_errors(raw)) == []


# what is changed in the file, text on the line of the problem, what it says
BROKEN = [
    ("form: bill_copy", "form: bill_kopy", "bill_kopy", "did you mean `bill_copy`?"),
    ("      form: bill_copy\n", "", "values:", "`form` is missing"),
    ("        due:", "        dew:", "dew:", "did you mean `due`?"),
    ("        due:", "        dew:", "values:", "`due` of"),
    ('"bill.amount"\n        due', '"bill["\n        due', "amount: ", "is not JMESPath"),
    ('"bill.number"', '"bill["', "filename", "is not JMESPath"),
    ("filename:", "file:", "file:", "unknown key `file`"),
    (
        "      filename",
        "      outcomes: [okay]\n      filename",
        "outcomes",
        "`okay` is no outcome",
    ),
]


@pytest.mark.parametrize(("old", "new", "where", "says"), BROKEN)
def test_mistake_is_told_at_its_line(
    tmp_path: Path, old: str, new: str, where: str, says: str
) -> None:
    assert old in DOCUMENT
    root = printing(tmp_path, DOCUMENT.replace(old, new))
    problems = check_catalogue(root).problems
    told = [problem for problem in problems if says in f"{problem.what}; {problem.mend}"]
    assert told, problems
    lines = (root / POWER).read_text("utf-8").splitlines()
    assert any(where in lines[problem.line - 1] for problem in told)
