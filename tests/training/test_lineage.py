"""Short ids, and where a model comes from: commit, author, reason, who promoted it when."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nlu import registry
from nlu.archive import ReleaseRefused
from nlu.commands.models import app
from nlu.lineage import lineage_of
from nlu.model_ids import matching
from tests.releases import register

IDS = ("20261130-093411-53bc66be", "20261130-091525-ca900052", "20261129-232306-123f06c5")


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        (IDS[0], IDS[0]),
        ("20261129", IDS[2]),
        ("53bc", IDS[0]),
        ("53bc66be", IDS[0]),
        ("0052", IDS[1]),
        ("nothing", None),
    ],
)
def test_a_part_of_an_id_is_enough(named: str, meant: str | None) -> None:
    assert matching(IDS, named) == meant


def test_what_fits_several_is_refused_with_their_names() -> None:
    with pytest.raises(ReleaseRefused, match=r"fits 2 models: 20261130-091525.*20261130-093411"):
        matching(IDS, "20261130")


def test_what_is_too_short_is_refused_unless_it_is_the_id() -> None:
    with pytest.raises(ReleaseRefused, match="too short"):
        matching(IDS, "53b")
    assert matching(("one", "two"), "one") == "one"


def git(folder: Path, *arguments: str) -> str:
    """One command of Git by an author of the test's own."""
    who = ("-c", "user.name=Lakshmi", "-c", "user.email=l@example.org")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_lineage_names_the_commit_and_what_was_not_committed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.yml").write_text("a\n")
    assert lineage_of(data).commit == ""  # no Git here
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.name", "Lakshmi")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    head = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "notes.txt").write_text("beside the catalogue\n")
    found = lineage_of(data, " more ration cards ")
    assert (found.commit, found.author, found.reason) == (head, "Lakshmi", "more ration cards")
    (data / "a.yml").write_text("b\n")
    assert lineage_of(data).commit == head + "+"


def test_manifest_of_a_later_version_is_read(tmp_path: Path) -> None:
    """A machine that is not yet upgraded lists the models of one that is."""
    manifest = register(tmp_path, "one")
    path = tmp_path / "one" / registry.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "later": 1}))
    assert registry.read(tmp_path / "one") == manifest


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three models, of which none is live."""
    for name in IDS:
        register(tmp_path, name)
    told = {"commit": "abc123def456+", "author": "Lakshmi", "reason": "more ration cards"}
    registry.write(tmp_path / IDS[0], replace(registry.read(tmp_path / IDS[0]), lineage=told))
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def seva(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def test_who_promoted_when_and_why_is_kept(models: Path) -> None:
    seva("promote", "ca90", "--reason", "first")
    seva("promote", "53bc", "--anyway", "ration cards are understood")
    assert registry.live_id(models) == IDS[0]
    seva("rollback", "--reason", "wrong bills")
    made = registry.changes(models)
    assert [(one.id, one.what, one.reason) for one in made] == [
        (IDS[1], "promote", "first"),
        (IDS[0], "promote", "ration cards are understood"),
        (IDS[1], "rollback", "wrong bills"),
    ]
    assert all(one.at.startswith("20") and one.by for one in made)
    told = seva("models", "53bc")
    assert "Lakshmi" in told and "more ration cards" in told
    assert "abc123def and what was not committed" in told
    assert "ration cards are understood" in told and "wrong bills" not in told
    (row,) = [one for one in json.loads(seva("models", "--json")) if one["id"] == IDS[0]]
    assert row["lineage"]["author"] == "Lakshmi" and row["changes"][0]["what"] == "promote"


def test_table_has_whole_ids_on_80_columns(models: Path) -> None:
    told = seva("models")
    assert all(name in told for name in IDS)
    assert {"profile", "services", "worst key", "MB"} <= {
        head for head in ("profile", "services", "worst key", "MB") if head in told
    }


def test_what_fits_several_promotes_nothing(models: Path) -> None:
    assert "fits 2 models" in seva("promote", "20261130", code=1)
    assert "no model zzzz" in seva("promote", "zzzz", code=1)
    assert registry.live_id(models) is None


def test_live_pointer_of_before_is_read(models: Path) -> None:
    """It had no changes."""
    (models / registry.LIVE).write_text(json.dumps({"id": IDS[0], "history": [IDS[2]]}))
    assert registry.changes(models) == []
    seva("rollback")
    assert registry.live_id(models) == IDS[2]
    assert [one.what for one in registry.changes(models)] == ["rollback"]
