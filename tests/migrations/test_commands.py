"""`seva migrate` as an operator types it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from api.inbox.schema import TABLES
from nlu.cli import app
from nlu.settings import Settings
from nlu.storage.migrations.store import Standing, all_stores, standing
from nlu.storage.migrations.version import known_version
from tests.migrations.playback import OldCode


def seva(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(app, ["migrate", *words], input=given)


def inbox() -> Standing:
    return standing(all_stores(Settings.read())[0])


def test_status_says_what_waits_and_where(old: OldCode, url: str) -> None:
    said = seva("status")
    assert said.exit_code == 1
    assert "inbox      before migrations: `before` waits" in said.stdout
    assert "`seva migrate before` adds what this Seva needs" in said.stdout
    facts = {one["store"]: one for one in json.loads(seva("status", "--json").stdout)}
    later = range(2, known_version(TABLES).before + 1)
    assert facts["inbox"]["waiting"] == [f"{number:04d}_before" for number in later]
    assert not facts["inbox"]["adopted"]
    assert not facts["payments"]["made"] and facts["payments"]["ready"]


def test_up_and_down_and_up_again(old: OldCode) -> None:
    said = seva("before")
    assert said.exit_code == 0 and "inbox: 0002 trace (before) done in" in said.stdout
    assert "taken over" in said.stdout
    assert seva("status").exit_code == 0
    assert seva("before").stdout == "no step `before` waits\n"
    assert seva("after", "--yes").stdout == "no step `after` waits\n"
    refused = seva("down", "inbox", "1", given="n\n")
    assert refused.exit_code == 1 and "Nothing was changed" in refused.stderr
    assert inbox().ready
    assert seva("down", "inbox", "1", "--yes").exit_code == 0
    assert not inbox().ready
    assert seva("before", "payments").stdout == "no step `before` waits\n"
    assert seva("before", "inbox").exit_code == 0 and inbox().ready


def test_a_store_that_is_not_there_is_said(url: str) -> None:
    said = seva("before", "inbx")
    assert said.exit_code == 2 and "there are inbox, " in said.stderr.replace("\n│ ", " ")


def test_a_server_that_does_not_answer_is_one_line_without_a_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SEVA_DATABASE_URL", "postgresql://seva:hush@127.0.0.1:1/seva")
    for words in (["status"], ["before"], ["after", "--yes"], ["down", "inbox", "1", "--yes"]):
        said = seva(*words)
        assert said.exit_code == 1 and "PostgreSQL does not answer" in said.stderr
        assert "hush" not in said.output and said.stderr.count("\n") == 1
