"""What a department's file says of writes without an answer: read, and checked at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue import load_catalogue
from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.department import Callback, Operation, Poll, StatusQuery
from nlu.fast_yaml import load_yaml
from tests.catalogue.sample import line_of, write_sample
from tests.catalogue.test_schemas import validator

POWER = "departments/power.yml"
OUTCOME = "      - {status: 201, outcome: ok}\n      - {status: 409, code: no_dues"
RESULT = '    result: {amount: "bill.amount"}\n'
READ = '    result: {amount: "bill.amount", order_id: "order.id"}\n'
PENDING = OUTCOME.replace("outcome: ok}", "outcome: ok, pending: true}")
QUERY = "    status_query: {operationId: getBill, found: [ok], not_found: [not_found]}\n"
POLL = "    poll: {operationId: getBill, every: 5, for: 60}\n"
CALLBACK = "    callback: {operationId: getBill, reference: order.ref, for: 60}\n"
KEY = """\
callbacks:
  key_id: power
  secret: {env: POWER_CALLBACK_SECRET}
  headers: {signature: X-S, key_id: X-K, timestamp: X-T, nonce: X-N}
  max_age: 300
operations:
"""


def changed(folder: Path, lines: str, outcomes: str = OUTCOME, top: str = "operations:\n") -> Path:
    """The sample with `lines` in payBill."""
    root = write_sample(folder)
    file = root / POWER
    text = file.read_text("utf-8").replace(RESULT, READ).replace(OUTCOME, outcomes)
    text = text.replace("operations:\n", top)
    file.write_text(text.replace("    kind: write\n", f"    kind: write\n{lines}"), "utf-8")
    return root


def operation(root: Path) -> Operation:
    """payBill as read."""
    return load_catalogue(root).departments["power"].operations["payBill"]


def test_write_honours_keys_and_cannot_be_asked_after_unless_its_file_says_so(
    tmp_path: Path,
) -> None:
    found = operation(changed(tmp_path, ""))
    assert (found.idempotent, found.status_query, found.poll, found.callback) == (
        True,
        None,
        None,
        None,
    )
    assert not any(row.pending for row in found.outcomes)


def test_status_query_is_read(tmp_path: Path) -> None:
    late = QUERY.replace("]}", "], not_found_after: 30}")
    root = changed(tmp_path, "    idempotent: false\n" + late)
    assert check_catalogue(root).problems == ()
    found = operation(root)
    assert found.status_query == StatusQuery("getBill", ("not_found",), ("ok",), 30)
    assert found.idempotent is False


DEPARTMENTS = "status_query: {operationId: getBill, not_found: [not_found]}\noperations:\n"


def test_status_query_of_the_department_is_that_of_its_writes(tmp_path: Path) -> None:
    root = changed(tmp_path, "", top=DEPARTMENTS)
    assert check_catalogue(root).problems == ()
    assert operation(root).status_query == StatusQuery("getBill", ("not_found",))
    assert load_catalogue(root).departments["power"].operations["getBill"].status_query is None


@pytest.mark.parametrize(
    ("own", "found"),
    [
        (QUERY, StatusQuery("getBill", ("not_found",), ("ok",))),
        ("    status_query: null\n", None),
    ],
)
def test_status_query_of_a_write_stands_over_the_departments(
    tmp_path: Path, own: str, found: StatusQuery | None
) -> None:
    assert operation(changed(tmp_path, own, top=DEPARTMENTS)).status_query == found


def test_query_that_repeats_answers_needs_no_fields_of_its_own(tmp_path: Path) -> None:
    root = changed(tmp_path, QUERY.replace("found: [ok], ", "", 1))
    file = root / POWER
    file.write_text(file.read_text("utf-8").replace(READ, RESULT), "utf-8")
    assert check_catalogue(root).problems == ()


def test_poll_and_callback_are_read(tmp_path: Path) -> None:
    rows = "      - {status: 202, outcome: no_dues, pending: true}\n" + OUTCOME
    root = changed(tmp_path, POLL + CALLBACK, rows, KEY)
    assert check_catalogue(root).problems == ()
    found = operation(root)
    assert found.poll == Poll("getBill", 5, 60)
    assert found.callback == Callback("getBill", "order.ref", 60)
    assert [row.pending for row in found.outcomes] == [True, False, False]


# lines in payBill, its outcomes, text on the line of the problem, what it says
BROKEN = [
    (QUERY.replace("getBill", "getBil"), OUTCOME, "getBil,", "did you mean `getBill`?"),
    (QUERY.replace("getBill", "payBill"), OUTCOME, "status_query", "`payBill` is no read"),
    (QUERY.replace("[ok]", "[okay]"), OUTCOME, "found: [okay]", "`okay` is found, but"),
    (QUERY.replace("[not_found]", "[gone]"), OUTCOME, "[gone]", "`gone` is no outcome of"),
    (
        QUERY.replace(", not_found: [not_found]", ""),
        OUTCOME,
        "status_query",
        "`not_found` is missing",
    ),
    ("    idempotent: perhaps\n", OUTCOME, "perhaps", "must be true or false"),
    ("    idempotent: false\n" + QUERY, OUTCOME, "status_query", "not_found_after"),
    (POLL, OUTCOME, "poll:", "no outcome is `pending: true`"),
    (POLL.replace("every: 5", "every: 0"), PENDING, "every: 0", "a number of seconds"),
    (POLL.replace(", for: 60", ""), PENDING, "poll:", "`for` is missing"),
    ("", PENDING, PENDING.split("\n")[0], "nothing says how"),
    (CALLBACK, PENDING, "callback:", "has no `callbacks:`"),
    (CALLBACK.replace("order.ref", '"order["'), PENDING, "callback:", "is not JMESPath"),
    (POLL, PENDING, "poll:", "no outcome that ends the waiting"),
    (POLL, OUTCOME.replace("ok}", "ok, told: true}"), "told", "ends the waiting, so it is told"),
    (CALLBACK, PENDING.replace("true}", "true, told: true}"), "told", "but nobody asks for it"),
    (
        POLL,
        "      - {status: 202, outcome: no_dues, pending: true, told: true}\n" + OUTCOME,
        "told",
        "`getBill` never answers it",
    ),
]


@pytest.mark.parametrize(("lines", "outcomes", "where", "says"), BROKEN)
def test_mistake_is_told_at_its_line(
    tmp_path: Path, lines: str, outcomes: str, where: str, says: str
) -> None:
    root = changed(tmp_path, lines, outcomes)
    problems = check_catalogue(root).problems
    told = [problem for problem in problems if says in f"{problem.what}; {problem.mend}"]
    assert told, problems
    assert line_of(root / POWER, where) in {problem.line for problem in told}


def test_query_that_lacks_a_field_of_the_write_is_told(tmp_path: Path) -> None:
    root = changed(tmp_path, QUERY)
    file = root / POWER
    file.write_text(file.read_text("utf-8").replace(READ, RESULT), "utf-8")
    (problem,) = check_catalogue(root).problems
    assert "`getBill` gives no order_id" in problem.what


def test_only_writes_are_asked_after(tmp_path: Path) -> None:
    root = changed(tmp_path, "")
    file = root / POWER
    text = file.read_text("utf-8").replace("    kind: read\n", "    kind: read\n" + QUERY)
    file.write_text(text, "utf-8")
    (problem,) = check_catalogue(root).problems
    assert "`status_query` is only for writes" in problem.what


def test_editors_accept_what_the_check_accepts(tmp_path: Path) -> None:
    rows = "      - {status: 202, outcome: no_dues, pending: true}\n" + OUTCOME
    lines = "    idempotent: false\n" + QUERY.replace("]}", "], not_found_after: 30}") + POLL
    root = changed(tmp_path, lines + CALLBACK, rows, KEY)
    loaded = load_yaml((root / POWER).read_text("utf-8"))
    errors = [error.message for error in validator("department").iter_errors(loaded)]
    assert errors == []
