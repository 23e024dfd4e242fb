"""`seva changes`: list, show, patch, check, take, discard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nlu.changes.workshop import Workshop
from nlu.commands.changes import app
from tests.changes.test_proposals import LESS, MORE, kept


@pytest.mark.parametrize("workshop", ["git", "folder"], indirect=True)
def test_the_commands(
    workshop: Workshop, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the console keeps is seen, checked and discarded on the command line."""
    monkeypatch.setenv("SEVA_DATA_DIR", str(data))
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path / "var"))

    def seva(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(arguments))
        return done.exit_code, done.output

    assert seva("list") == (0, "There are no changes.\n")
    one = kept(workshop, [MORE])
    code, told = seva("list")
    assert code == 0 and f"{one.id}  open" in told and "said at the counter (Latha)" in told
    assert json.loads(seva("list", "--json")[1])[0]["files"] == list(one.files)
    code, told = seva("show", one.id)
    assert code == 0 and "Latha: said at the counter" in told and "+++ b/data/services/" in told
    assert MORE.text in seva("patch", one.id)[1]
    assert seva("check", one.id) == (0, "The catalogue is valid with this change.\n")
    two = kept(workshop, [LESS])
    assert seva("take", two.id) == (0, f"{two.id} is taken over: seva train\n")
    assert workshop.proposals.get(two.id).state == "merged"
    assert seva("take", two.id)[0] == 2
    assert seva("discard", one.id) == (0, f"{one.id} is discarded.\n")
    assert seva("discard", one.id)[0] == 2
    assert seva("show", "../../x")[0] == 2
