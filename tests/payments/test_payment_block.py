"""What is wrong with a `payment:` block is told with file and line; the project's own is right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actions.departments import DefinitionError
from actions.dialogue.outcome import PAYMENT_OUTCOMES
from actions.payments.checkout import BY_ANOTHER, OUTCOMES
from actions.payments.gateways import load_gateways
from actions.payments.payment import in_paise, in_rupees
from nlu.catalogue.checker import check_catalogue
from tests.processes import ROOT

ASKED = "{operationId: getPayment, booked: [booked]"
TOLD = "{operationId: bookPayment, booked: [booked]}"
WRONG = [
    ("      gateway: sandbox", "      gateway: sandbx", "there is no gateway `sandbx`"),
    ("      order: order_id", "      order: order_nr", "`order_nr` is no field"),
    ("once_for: [service_number]", "once_for: [service_no]", "`service_no` is no slot"),
    ("once_for: [service_number]", "once_for: []", "`once_for` is empty"),
    ("reference: service_number", "reference: meter", "`meter` is neither"),
    (ASKED, ASKED.replace("getPayment", "payBill"), "is no read"),
    (TOLD, TOLD.replace("[booked]", "[done]"), "`done` is no outcome"),
    ("      link: payment_link\n", "", "`link` is missing"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The electricity department alone, with one service."""
    folder = tmp_path_factory.mktemp("data") / "data"
    shutil.copytree(ROOT / "data", folder)
    for other in (folder / "services").iterdir():
        if other.name != "energy":
            shutil.rmtree(other)
            (folder / f"departments/{other.name}.yml").unlink()
    for service in (folder / "services/energy").glob("*.yml"):
        if service.name != "electricity_bill_payment.yml":
            service.unlink()
    return folder


@pytest.mark.parametrize("right, wrong, what", WRONG, ids=[what for _, _, what in WRONG])
def test_mistake_in_a_payment_block_is_named_with_its_line(
    data: Path, right: str, wrong: str, what: str
) -> None:
    file = data / "departments/energy.yml"
    before = file.read_text("utf-8")
    assert before.count(right) == 1
    file.write_text(before.replace(right, wrong), "utf-8")
    try:
        found = [p for p in check_catalogue(data).problems if what in p.what]
    finally:
        file.write_text(before, "utf-8")
    lines = before.splitlines()
    assert [problem.file for problem in found] == [file]
    near = "\n".join(lines[found[0].line - 2 : found[0].line + 12])
    assert "payment:" in near or right.strip().split("\n")[0] in near


def test_gateway_without_a_look_up_is_refused(tmp_path: Path) -> None:
    for part in ("languages.yml", "departments/defaults.yml", "gateways"):
        source, target = ROOT / "data" / part, tmp_path / part
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    file = tmp_path / "gateways/sandbox.yml"
    file.write_text(file.read_text("utf-8").replace("  lookUpOrder:", "  findOrder:"), "utf-8")
    with pytest.raises(DefinitionError, match="lookUpOrder"):
        load_gateways(tmp_path / "gateways", {})


def test_outcomes_of_payments_have_words() -> None:
    assert {*OUTCOMES.values(), BY_ANOTHER} == set(PAYMENT_OUTCOMES)


@pytest.mark.parametrize(
    "rupees, paise",
    [
        ("845", 84500),
        ("845.5", 84550),
        ("0.1", 10),
        ("1234567.89", 123456789),
        ("845.001", None),
        ("nan", None),
        ("-1", None),
        ("", None),
        ("1,000", None),
    ],
)
def test_rupees_become_whole_paise_or_nothing(rupees: str, paise: int | None) -> None:
    assert in_paise(rupees) == paise


def test_paise_are_shown_as_citizens_write_money() -> None:
    assert [in_rupees(p) for p in (84500, 84550, 12345678900)] == ["845", "845.50", "12,34,56,789"]
