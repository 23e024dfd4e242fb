"""Who may use an operation: read from its file, and what contradicts itself is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue import load_catalogue
from nlu.catalogue.checker import check_catalogue
from tests.catalogue.sample import line_of, write_sample

POWER = "departments/power.yml"
VIEW = "services/power/bill_view.yml"


def changed(folder: Path, read: str, write: str, lines: str = "") -> Path:
    """The sample with `access` of getBill and payBill, and `lines` in payBill."""
    root = write_sample(folder)
    file = root / POWER
    first, second, rest = file.read_text("utf-8").split("access: public")
    text = f"{first}access: {read}{second}access: {write}{rest}"
    text = text.replace(
        '    result: {amount: "bill.amount"}',
        '    result: {amount: "bill.amount", order_id: "order.id"}',
    )
    file.write_text(text.replace("    kind: write\n", f"    kind: write\n{lines}"), "utf-8")
    return root


def test_access_and_its_reason_are_read(tmp_path: Path) -> None:
    root = changed(tmp_path, "code", "owner")
    assert check_catalogue(root).problems == ()
    found = load_catalogue(root).departments["power"]
    assert [(o.access, o.because) for o in found.operations.values()] == [
        ("code", "the sample knows nobody"),
        ("owner", "the sample knows nobody"),
    ]
    assert found.settings["sender"] == {"phone": "X-Phone", "code": "X-Code"}


QUERY = "    status_query: {operationId: getBill, found: [ok], not_found: [not_found]}\n"


@pytest.mark.parametrize(
    ("read", "write", "says"),
    [("code", "owner", "nobody is there"), ("public", "owner", "tells anybody")],
)
def test_what_is_asked_after_a_write_fits_who_may_use_it(
    tmp_path: Path, read: str, write: str, says: str
) -> None:
    root = changed(tmp_path, read, write, QUERY)
    (problem,) = check_catalogue(root).problems
    assert says in problem.what
    assert (problem.file, problem.line) == (root / POWER, line_of(root / POWER, "status_query"))
    assert "write `access: owner` in `getBill`" in problem.mend


@pytest.mark.parametrize("read", ["owner", "public"])
def test_public_write_may_be_asked_after_by_anybody(tmp_path: Path, read: str) -> None:
    assert check_catalogue(changed(tmp_path, read, "public", QUERY)).problems == ()


def test_department_without_headers_cannot_know_who_asks(tmp_path: Path) -> None:
    root = changed(tmp_path, "owner", "public")
    file = root / "departments/defaults.yml"
    file.write_text(file.read_text("utf-8").replace("sender:", "other:"), "utf-8")
    (problem,) = check_catalogue(root).problems
    assert "no header says who asks" in problem.what
    assert problem.line == line_of(root / POWER, "access: owner")


def test_choices_are_no_place_for_a_code(tmp_path: Path) -> None:
    root = changed(tmp_path, "code", "public")
    file = root / VIEW
    slot = "{name: meter_number, type: meter_number"
    file.write_text(file.read_text("utf-8").replace(slot, slot + ", offered_by: getBill"), "utf-8")
    (problem,) = check_catalogue(root).problems
    assert "before there is a request" in problem.what
    assert (problem.file, problem.line) == (file, line_of(file, "offered_by"))
