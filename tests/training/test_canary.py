"""The pointer to the canary, in a file or in a row of machines that share; and its command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nlu import canary, canary_pointer, registry, shared_models
from nlu.archive import ReleaseRefused
from nlu.canary_pointer import Canary
from nlu.commands.models import app
from nlu.lineage import change
from nlu.model_archives import FolderArchives
from nlu.registry import ARCHIVE
from nlu.shared_models import TABLES, SharedModels
from nlu.storage.open import open_database
from tests.releases import register
from tests.training.test_shared_models import Machine, machine, s3, store, url

__all__ = ["machine", "s3", "store", "url"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three models; m1 is live, and m0 was before it."""
    made = tmp_path / "models"
    for name in ("m0", "m1", "m2"):
        register(made, name)
    for name in ("m0", "m1"):
        registry.promote(made, name)
    return made


def test_it_is_set_and_ended_beside_the_live_model(folder: Path) -> None:
    assert canary.current(folder) is None
    canary.begin(folder, "m2", 5, "ration cards", "Anita", "passed")
    canary.begin(folder, "m2", 20.5, "it does well", "Anita", "passed")
    assert canary.current(folder) == Canary("m2", 20.5)
    assert (registry.live_id(folder), registry.previous(folder)) == ("m1", "m0")
    assert canary.end(folder, "wrong bills", "Ravi") == "m2"
    assert canary.current(folder) is None and registry.live_id(folder) == "m1"
    first, _, last = registry.changes(folder)
    assert (first.id, first.what, first.percent, first.by) == ("m2", "canary", 5, "Anita")
    assert (first.reason, first.gate) == ("ration cards", "passed")
    assert (last.id, last.what, last.by, last.reason) == (
        "m2",
        "end_canary",
        "Ravi",
        "wrong bills",
    )
    with pytest.raises(ReleaseRefused, match="no canary"):
        canary.end(folder)


@pytest.mark.parametrize("back", ["rollback", "promote"])
def test_once_promoted_it_is_no_canary_again(folder: Path, back: str) -> None:
    """Whoever goes back from a bad model does not give it to a share of the citizens."""
    canary.begin(folder, "m2", 5)
    registry.promote(folder, "m2")
    assert canary.current(folder) is None
    registry.rollback(folder) if back == "rollback" else registry.promote(folder, "m1")
    assert registry.live_id(folder) == "m1" and canary.current(folder) is None


def test_another_live_model_leaves_it_and_going_back_to_it_ends_it(folder: Path) -> None:
    canary.begin(folder, "m0", 5)
    registry.promote(folder, "m2")
    assert canary.current(folder) == Canary("m0", 5)
    registry.rollback(folder)  # to m1
    registry.rollback(folder)  # to m0
    assert registry.live_id(folder) == "m0" and canary.current(folder) is None


@pytest.mark.parametrize("percent", [-0.1, 100.5, float("nan")])
def test_a_share_that_is_none_is_refused(folder: Path, percent: float) -> None:
    with pytest.raises(ReleaseRefused, match="0 to 100"):
        canary.begin(folder, "m2", percent)


def test_what_cannot_be_a_canary(folder: Path) -> None:
    with pytest.raises(ReleaseRefused, match="m1 is live"):
        canary.begin(folder, "m1", 5)
    with pytest.raises(FileNotFoundError, match="no model m9"):
        canary.begin(folder, "m9", 5)
    (folder / "m2" / ARCHIVE).write_bytes(b"cut off")
    with pytest.raises(ReleaseRefused):
        canary.begin(folder, "m2", 5)
    (folder / registry.LIVE).unlink()
    with pytest.raises(ReleaseRefused, match="no live model"):
        canary.begin(folder, "m0", 5)
    assert canary.current(folder) is None


@pytest.mark.parametrize("text", ['{"id": "m', "[]", '{"id": "m2"}', '{"id": "m2", "percent": {}}'])
def test_a_pointer_that_cannot_be_read_is_named_and_ended(folder: Path, text: str) -> None:
    (folder / canary_pointer.FILE).write_text(text, "utf-8")
    with pytest.raises(ReleaseRefused, match="seva canary --end"):
        canary.current(folder)
    registry.promote(folder, "m2")  # nothing is held up by it
    assert canary.end(folder) == "" and canary.current(folder) is None


def test_a_pointer_of_a_later_seva_is_read(folder: Path) -> None:
    text = json.dumps({"id": "m2", "percent": 5, "until": "2027"})
    (folder / canary_pointer.FILE).write_text(text, "utf-8")
    assert canary.current(folder) == Canary("m2", 5)


# --- Machines that share their models -----------------------------------------------------------


def begun(shared: SharedModels, folder: Path, model: str, percent: float = 5) -> None:
    shared.set_canary(Canary(model, percent), change(folder, model, "canary", percent=percent))


def test_what_one_machine_sets_answers_on_all(machine: Machine, tmp_path: Path) -> None:
    one, two, here, there = machine("one"), machine("two"), tmp_path / "one", tmp_path / "two"
    for name in ("m1", "m2"):
        register(here, name)
    one.promote("m1")
    begun(one, here, "m2")
    two.follow()
    assert canary_pointer.read(here) == canary_pointer.read(there) == Canary("m2", 5)
    registry.check_whole(there, "m2")
    assert two.live() == "m1" and two.canary() == Canary("m2", 5)
    begun(two, there, "m2", 50)
    one.follow()
    assert canary_pointer.read(here) == Canary("m2", 50)
    two.set_canary(None, change(there, "m2", "end_canary"))
    one.follow()
    assert canary_pointer.read(here) is canary_pointer.read(there) is None
    kept = [(change.what, change.percent) for change in machine("three").changes()]
    assert kept == [("canary", 5), ("canary", 50), ("end_canary", 0)]


def test_promoted_on_one_machine_it_ends_on_all(machine: Machine, tmp_path: Path) -> None:
    one, two = machine("one"), machine("two")
    for name in ("m1", "m2"):
        register(tmp_path / "one", name)
    one.promote("m1")
    begun(one, tmp_path / "one", "m2")
    two.follow()
    two.promote("m2")
    one.follow()
    assert one.canary() is None
    for name in ("one", "two"):
        assert canary_pointer.read(tmp_path / name) is None
        assert registry.live_id(tmp_path / name) == "m2"
    with pytest.raises(ReleaseRefused, match="changed the live model"):
        begun(one, tmp_path / "one", "m2")


def test_a_canary_that_cannot_be_fetched_holds_up_no_live_model(
    machine: Machine, tmp_path: Path, url: str, store: str
) -> None:
    one = machine("one")
    for name in ("m1", "m2", "m3"):
        register(tmp_path / "one", name)
    one.promote("m1")
    two = SharedModels(open_database(url, TABLES), FolderArchives(tmp_path / "2"), tmp_path / "two")
    shutil.copytree(tmp_path / "one" / "m1", tmp_path / "two" / "m1")
    shutil.copytree(tmp_path / "one" / "m3", tmp_path / "two" / "m3")
    two.follow()
    begun(one, tmp_path / "one", "m2")
    one.promote("m3")
    with pytest.raises(OSError):
        two.follow()
    assert registry.live_id(tmp_path / "two") == "m3"
    assert canary_pointer.read(tmp_path / "two") is None


def test_a_pointer_that_nobody_can_read_is_written_anew(machine: Machine, tmp_path: Path) -> None:
    """Else this machine would follow nothing any more, and the canary could not be ended."""
    one, here = machine("one"), tmp_path / "one"
    for name in ("m1", "m2"):
        register(here, name)
    one.promote("m1")
    begun(one, here, "m2")
    (here / canary_pointer.FILE).write_text("half a", "utf-8")
    one.follow()
    assert canary_pointer.read(here) == Canary("m2", 5)
    (here / canary_pointer.FILE).write_text("half a", "utf-8")
    one.set_canary(None, change(here, "m2", "end_canary"))
    assert canary_pointer.read(here) is None


# --- The command --------------------------------------------------------------------------------


def seva(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == code, done.output
    return done.output


def test_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVA_MODELS_DIR", str(folder))
    assert "There is no canary" in seva("canary")
    seva("canary", "--end", code=1)
    assert "m2 answers 5 %" in seva("canary", "m2", "--anyway", "no model to load")
    assert "m2 answers 0.5 %" in seva("canary", "m2", "--percent", "0.5", "--anyway", "fewer")
    assert "m2 answers 0.5 %" in seva("canary")
    rows = {row["id"]: row for row in json.loads(seva("models", "--json"))}
    assert rows["m2"]["canary"] and not rows["m2"]["live"] and not rows["m1"]["canary"]
    assert rows["m2"]["changes"][-1]["reason"] == "fewer"
    listed = seva("models")
    assert "0.5 %" in listed and "m2 made the canary of 0.5 % of the citizens on" in listed
    assert "the gate was not asked: fewer" in " ".join(seva("models", "m2").split())
    assert "m2 is no canary any more" in seva("canary", "--end", "--reason", "wrong bills")
    assert "m2 ended as the canary" in seva("models", "m2")
    for wrong in (["m2", "--percent", "101"], ["m2", "--end"]):
        seva("canary", *wrong, code=2)
    seva("canary", "m1", "--anyway", "why not", code=1)
    assert canary_pointer.read(folder) is None


def test_command_on_shared_models(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEVA_MODELS_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    if url.startswith("postgresql"):
        monkeypatch.setenv("SEVA_DATABASE_URL", url)
    one, two = tmp_path / "one", tmp_path / "two"
    for name in ("m1", "m2"):
        register(one, name)
    monkeypatch.setenv("SEVA_MODELS_DIR", str(one))
    seva("promote", "m1")
    seva("canary", "m2", "--percent", "7", "--anyway", "no model to load")
    shared_models.follow(two)  # as `serve`, `worker` and `actions` do
    assert canary_pointer.read(two) == Canary("m2", 7)
    monkeypatch.setenv("SEVA_MODELS_DIR", str(two))
    assert "m2 answers 7 %" in seva("canary")
    seva("canary", "--end")
    shared_models.follow(one)
    assert canary_pointer.read(one) is None
    made = {(one.id, one.what, one.percent) for one in shared_models.changes(one)}
    assert made >= {("m2", "canary", 7), ("m2", "end_canary", 0)}
