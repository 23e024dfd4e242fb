"""`seva review` on a command line: lists, exports what was decided, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.review import app
from api.inbox.commands import purge_command
from api.inbox.open import open_databases
from api.inbox.review import Arrival, insert
from api.review.decision import NEW, Decision, one
from api.review.item import Item
from api.review.store import Review
from nlu.settings.groups import State
from tests.review.conftest import BILL, BUS, FIVE

DAY = 86400.0


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Review:
    """Five open cards in the file that the settings name."""
    monkeypatch.delenv("SEVA_DATABASE_URL", raising=False)
    found = Review(open_databases(State.read()))
    database = found._databases[0]
    for number, (key, text) in enumerate(FIVE.items()):
        item = Item(text, key, "clarify", ((BILL, 0.5), (BUS, 0.3)), model="m-1")
        arrival = Arrival(f"m{number}", f"1:{number}", "asked", item.sealed())
        database.change(lambda db, one_=arrival: insert(db, [one_], db.now()))
    return found


def run(*given: str) -> list[str]:
    found = CliRunner().invoke(app, list(given))
    assert found.exit_code == 0, found.stderr
    return found.stdout.splitlines()


def test_cards_are_listed_and_counted(review: Review) -> None:
    found = json.loads(run("list", "--json")[0])
    assert {one_["key"]: one_["text"] for one_ in found} == FIVE
    [line] = run("list", "--language", "te")
    assert FIVE["te"] in line and BILL in line
    assert run("list", "--state", "done") == []


def test_only_what_was_decided_is_exported(review: Review, tmp_path: Path) -> None:
    review.filer.work()
    te, hi, en = (next(c for c in review.page(0) if c.language == k) for k in ("te", "hi", "en"))
    review.decide(te.number, "a", one(te.item.text, BILL))
    review.decide(hi.number, "a", Decision(NEW, name="solar roof"))
    review.decide(en.number, "a", one(en.item.text, BUS))
    review.undo("a")
    [line] = run("export")
    row = json.loads(line)
    assert (row["text"], row["key"], row["service"]) == (te.item.text, "te", BILL)
    told = CliRunner().invoke(app, ["export"]).stderr
    assert "no such service yet: solar roof (1 messages)" in told
    assert run("export", "--since", "2999-01-01") == []
    tasks = json.loads("\n".join(run("export", "--form", "label-studio", "--state", "open")))
    assert {task["data"]["key"] for task in tasks} == {"te-Latn", "hi-Latn", "en"}
    assert all(task["annotations"] == [] for task in tasks)


def test_agreement_is_told(review: Review) -> None:
    assert json.loads(run("agreement", "--json")[0]) == {"pairs": 0, "same": 0, "kappa": None}
    assert "read twice 0" in run("agreement")[0]


def test_old_messages_are_deleted(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    review.filer.work()
    review._db.change(lambda db: db.execute("UPDATE review_items SET day = '2020-01-01'"))
    assert purge_command() == 0  # `seva inbox purge`
    assert run("list") == []


def test_without_an_inbox_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path / "elsewhere"))
    found = CliRunner().invoke(app, ["list"])
    assert found.exit_code == 1 and "there is no inbox yet" in found.stderr
