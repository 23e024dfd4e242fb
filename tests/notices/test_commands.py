"""`seva handover`: what staff read, and what they must not by default."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actions.citizens.handover import FILE, Handovers
from actions.dialogue.steps import Handover
from nlu.cli import app
from nlu.storage.tables import file_url
from tests.handover_numbers import numbers_of

AADHAAR = "499118665246"
RECORD = Handover(
    "n-1",
    "income_certificate",
    {"applicant_name": "లక్ష్మి", "aadhaar_number": AADHAAR},
    "annual_income",
    3,
    "too_many_attempts",
    "తెలియదు",
    "te",
    1_800_000_000.0,
)


@pytest.fixture
def handovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handovers:
    """The records of a folder of its own."""
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SEVA_NOTICES_URL", "http://127.0.0.1:9/notices")  # nobody listens
    return Handovers(file_url(tmp_path / FILE))


def seva(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["handover", *arguments])
    return result.exit_code, result.output


def test_list_shows_who_waits(handovers: Handovers) -> None:
    assert seva("list") == (0, "Nobody waits.\n")
    number = handovers.open("109:IN.1", RECORD)
    code, output = seva("list")
    assert code == 0
    assert output.split()[0] == number
    assert "2027-01-15 13:30+05:30" in output and "waiting" in output
    assert AADHAAR not in output and "లక్ష్మి" not in output


def test_list_leaves_out_what_is_answered(handovers: Handovers) -> None:
    number = handovers.open("109:IN.1", RECORD)
    assert seva("close", number) == (0, f"Request {number} is closed.\n")
    assert seva("list") == (0, "Nobody waits.\n")
    assert number in seva("list", "--all")[1]


def test_show_tells_all_but_private_numbers(handovers: Handovers) -> None:
    number = handovers.open("109:IN.1", RECORD)
    _, output = seva("show", number)
    for part in ("లక్ష్మి", "XXXXXXXX5246", "తెలియదు", "too_many_attempts", "109:IN.1"):
        assert part in output
    assert AADHAAR not in output
    assert AADHAAR in seva("show", number, "--private")[1]


def test_show_as_json(handovers: Handovers) -> None:
    number = handovers.open("109:IN.1", RECORD)
    shown = json.loads(seva("show", number, "--json")[1])
    assert (shown["number"], shown["asked"], shown["closed"]) == (number, "annual_income", False)
    assert "XXXXXXXX5246" in shown["values"].values()
    assert [case["number"] for case in json.loads(seva("list", "--json")[1])] == [number]


@pytest.mark.parametrize("command", [["show"], ["answer", "hello"], ["close"]])
def test_unknown_number_is_told(handovers: Handovers, command: list[str]) -> None:
    verb, *text = command
    code, output = seva(verb, "000000", *text)
    assert (code, output.strip()) == (1, "there is no request 000000")


def test_answer_that_is_not_sent_leaves_the_request_open(handovers: Handovers) -> None:
    number = handovers.open("109:IN.1", RECORD)
    code, output = seva("answer", number, "రేపు రండి")
    assert code == 1 and "not sent" in output
    assert numbers_of(handovers) == [number]


def test_answer_must_say_something(handovers: Handovers) -> None:
    number = handovers.open("109:IN.1", RECORD)
    assert seva("answer", number, " ")[0] == 1
    assert numbers_of(handovers) == [number]
