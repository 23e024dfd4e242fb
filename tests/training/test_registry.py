"""The model registry: plain files, an archive that is checked, a pointer that is never half."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from nlu import registry
from nlu.archive import ReleaseRefused, sha256
from nlu.commands.models import app
from nlu.paths import models_folder
from nlu.registry import ARCHIVE, DATA, Release
from tests.releases import METRICS, put, register, small_data, write_archive


def test_manifest_survives_its_file(tmp_path: Path) -> None:
    """What was written is what is read."""
    manifest = register(tmp_path, "one")
    assert registry.read(tmp_path / "one") == manifest


def test_entries_are_newest_first(tmp_path: Path) -> None:
    """By the time of training, not by name."""
    register(tmp_path, "a", "2026-11-01T00:00:00+00:00")
    register(tmp_path, "b", "2026-11-03T00:00:00+00:00")
    register(tmp_path, "c", "2026-11-02T00:00:00+00:00")
    assert [m.id for m in registry.entries(tmp_path)] == ["b", "c", "a"]


def test_entries_of_an_empty_registry(tmp_path: Path) -> None:
    """None, and no complaint; also where the folder is not there yet."""
    assert registry.entries(tmp_path) == registry.entries(tmp_path / "absent") == []


def test_same_inputs_are_found(tmp_path: Path) -> None:
    """So that nothing is trained twice."""
    register(tmp_path, "one")
    assert registry.find_by_inputs(tmp_path, "inputs of one") == registry.read(tmp_path / "one")
    assert registry.find_by_inputs(tmp_path, "other inputs") is None


def test_promote_makes_live(tmp_path: Path) -> None:
    """And nothing is live before."""
    register(tmp_path, "one")
    assert registry.live_id(tmp_path) is None
    registry.promote(tmp_path, "one")
    assert registry.live_id(tmp_path) == "one"


def test_rollback_goes_back_step_by_step(tmp_path: Path) -> None:
    """Through everything that was live, then says that there is no more."""
    for name in ("one", "two", "three"):
        register(tmp_path, name)
        registry.promote(tmp_path, name)
    assert registry.rollback(tmp_path) == "two"
    assert registry.rollback(tmp_path) == "one"
    assert registry.live_id(tmp_path) == "one"
    with pytest.raises(ValueError, match="no earlier model"):
        registry.rollback(tmp_path)
    assert registry.live_id(tmp_path) == "one"


def test_promoting_twice_is_promoting_once(tmp_path: Path) -> None:
    """A model never becomes its own predecessor."""
    for name in ("one", "two"):
        register(tmp_path, name)
        registry.promote(tmp_path, name)
    registry.promote(tmp_path, "two")
    assert registry.rollback(tmp_path) == "one"


def test_rollback_skips_models_that_are_gone(tmp_path: Path) -> None:
    """Someone may have deleted a folder."""
    for name in ("one", "two", "three"):
        register(tmp_path, name)
        registry.promote(tmp_path, name)
    (tmp_path / "two" / registry.MANIFEST).unlink()
    assert registry.rollback(tmp_path) == "one"


def test_rollback_of_an_empty_registry_is_refused(tmp_path: Path) -> None:
    """With a word on where to look."""
    with pytest.raises(ValueError, match="seva models"):
        registry.rollback(tmp_path)


def test_unknown_model_is_refused(tmp_path: Path) -> None:
    """By name."""
    with pytest.raises(FileNotFoundError, match="no model nonsense"):
        registry.promote(tmp_path, "nonsense")


def test_tampered_archive_is_refused(tmp_path: Path) -> None:
    """One changed byte, and the live model stays as it was."""
    for name in ("one", "two"):
        register(tmp_path, name)
    registry.promote(tmp_path, "one")
    archive = tmp_path / "two" / ARCHIVE
    archive.write_bytes(archive.read_bytes()[:-1] + b"X")
    with pytest.raises(ValueError, match="not the file that was registered"):
        registry.promote(tmp_path, "two")
    assert registry.live_id(tmp_path) == "one"


def test_pointer_is_replaced_whole(tmp_path: Path) -> None:
    """A reader that opened the old pointer still reads the old one; nothing is left lying."""
    for name in ("one", "two"):
        register(tmp_path, name)
    registry.promote(tmp_path, "one")
    with open(tmp_path / registry.LIVE, encoding="utf-8") as opened:
        registry.promote(tmp_path, "two")
        assert json.loads(opened.read())["id"] == "one"
    assert json.loads((tmp_path / registry.LIVE).read_text("utf-8"))["id"] == "two"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["live", "one", "two"]


def test_card_tells_a_person_what_they_need(tmp_path: Path) -> None:
    """Scores of every key, out of scope, origin and what it is for."""
    register(tmp_path, "one")
    card = (tmp_path / "one" / "card.md").read_text("utf-8")
    for key in METRICS["by_key"]:
        assert f"| {key} | 84 | 0.882 | 0.960 | 1.000 |" in card
    for fact in ("recall 0.910", "refused 0.020", "21 services", "3870", "Intended use", "d" * 12):
        assert fact in card


def test_card_of_a_model_without_scores(tmp_path: Path) -> None:
    """Still a card."""
    manifest = replace(register(tmp_path, "one"), metrics={})
    assert registry.card(manifest).startswith("# Model one")


def test_models_folder_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEVA_MODELS_DIR, as for every process."""
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path))
    assert models_folder() == tmp_path


def test_commands_answer_with_exit_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 and the id, or 1 and the reason on stderr."""
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path))
    for name in ("one", "two"):
        register(tmp_path, name)
        assert seva("promote", name, "--anyway", "no model to load").exit_code == 0
    assert "one is live again" in seva("rollback").stdout
    for command, why in ((["rollback"], "no earlier model"), (["promote", "nonsense"], "nonsense")):
        told = seva(*command)
        assert told.exit_code == 1 and told.stdout == "" and why in told.stderr


def test_models_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One document, with the live one marked."""
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path))
    for name in ("one", "two"):
        register(tmp_path, name)
    registry.promote(tmp_path, "one")
    rows = json.loads(seva("models", "--json").stdout)
    assert {row["id"]: row["live"] for row in rows} == {"one": True, "two": False}


def seva(*command: str) -> Result:
    """A command of `nlu.commands.models`, in this process."""
    return CliRunner().invoke(app, list(command))


# --- Releases: weights with the words that they were trained on ---------------------------------


def test_a_snapshot_stays_what_it_was(tmp_path: Path) -> None:
    """Half a file in the folder that was copied changes nothing, and the copy is read-only."""
    data = small_data(tmp_path / "data")
    register(tmp_path, "one", data=data)
    release = Release(tmp_path / "one", tmp_path / "one" / DATA)
    put(data / "services" / "energy" / "bill.yml", "service: bi")
    put(data / "services" / "energy" / "half.yml", "TODO")
    release.check()
    copy = release.data / "services" / "energy" / "bill.yml"
    assert copy.read_text("utf-8") == "service: bill\n" and copy.stat().st_mode & 0o222 == 0


def test_a_snapshot_leaves_out_what_editors_leave_and_what_only_training_reads(
    tmp_path: Path,
) -> None:
    """And it says nothing else than the folder without them."""
    data = small_data(tmp_path / "data")
    register(tmp_path, "one", data=data)
    for name in ("services/energy/.bill.yml.swp", "services/energy/bill.yml~", "encoder/a.npz"):
        put(data / name, "left")
    register(tmp_path, "two", data=data)
    copied = {path.name for path in (tmp_path / "two" / DATA).rglob("*") if path.is_file()}
    assert copied == {"bill.yml", "greet.yml", "domain.yml"}
    assert registry.read(tmp_path / "one").snapshot == registry.read(tmp_path / "two").snapshot


def changed(entry: Path) -> None:
    path = entry / DATA / "services" / "energy" / "bill.yml"
    path.chmod(0o644)
    path.write_text("service: bill\nreply: other\n", "utf-8")


def taken_away(entry: Path) -> None:
    (entry / DATA / "conversation" / "greet.yml").unlink()


def added(entry: Path) -> None:
    put(entry / DATA / "services" / "energy" / "other.yml", "service: other\n")


def without(entry: Path) -> None:
    registry.write(entry, replace(registry.read(entry), snapshot=""))


def of_other_services(entry: Path) -> None:
    """The words were registered, and are those of another model."""
    added(entry)
    snapshot = registry.digest(entry / DATA)
    registry.write(entry, replace(registry.read(entry), snapshot=snapshot))


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (changed, "is not what was registered"),
        (taken_away, "is not what was registered"),
        (added, "is not what was registered"),
        (without, "trained before models carried their catalogue: run `seva train`"),
        (of_other_services, "the model does not know other"),
    ],
)
def test_a_release_that_is_not_whole_never_goes_live(
    harm: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    """Neither forwards nor back; what is live stays."""
    for name in ("one", "two", "three"):
        register(tmp_path, name)
        registry.promote(tmp_path, name)
    harm(tmp_path / "two")
    for move in (lambda: registry.rollback(tmp_path), lambda: registry.promote(tmp_path, "two")):
        with pytest.raises(ReleaseRefused, match=why):
            move()
    assert registry.live_id(tmp_path) == "three"


def test_words_come_from_the_model_or_from_the_folder_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEVA_DATA_DIR is the one rule; a folder as it is has no version."""
    register(tmp_path, "one")
    monkeypatch.delenv("SEVA_DATA_DIR", raising=False)
    with pytest.raises(FileNotFoundError, match="seva train"):
        registry.live_release(tmp_path)
    registry.promote(tmp_path, "one")
    own = registry.live_release(tmp_path)
    assert (own.data, own.id) == (tmp_path / "one" / DATA, "one")
    monkeypatch.setenv("SEVA_DATA_DIR", str(tmp_path / "data"))
    named = registry.live_release(tmp_path)
    assert (named.data, named.id, named.model) == (tmp_path / "data", "folder", own.model)
    assert registry.live_release(tmp_path / "none", needs_model=False).data == tmp_path / "data"


def test_until_a_model_is_live_words_are_those_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For those who need no weights, or wait for them."""
    monkeypatch.delenv("SEVA_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "data" / "languages.yml", "")
    waiting = registry.live_release(tmp_path / "models", needs_model=False)
    assert (waiting.data, waiting.id) == (tmp_path / "data", "folder")


def test_a_model_and_a_folder_of_other_services_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, by the names of the services, with what to do."""
    register(tmp_path, "one")
    registry.promote(tmp_path, "one")
    monkeypatch.setenv("SEVA_DATA_DIR", str(small_data(tmp_path / "data", ("meter", "tax"))))
    with pytest.raises(ReleaseRefused) as refused:
        registry.live_release(tmp_path).check_words()
    told = str(refused.value)
    assert "the model does not know meter, tax; the data does not have bill" in told
    assert "seva train" in told and "promote" in told


def test_a_folder_of_the_same_services_may_say_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who writes replies tries them out with the model that is there."""
    register(tmp_path, "one")
    registry.promote(tmp_path, "one")
    data = small_data(tmp_path / "data")
    put(data / "services" / "energy" / "bill.yml", "service: bill\nreply: new\n")
    monkeypatch.setenv("SEVA_DATA_DIR", str(data))
    registry.live_release(tmp_path).check()


def test_the_same_words_are_found_again(tmp_path: Path) -> None:
    """And a model of the same inputs whose words are others is another release."""
    one = register(tmp_path, "one")
    assert registry.find_by_inputs(tmp_path, one.inputs, one.snapshot) == one
    assert registry.find_by_inputs(tmp_path, one.inputs, "other words") is None
    registry.write(tmp_path / "one", replace(one, snapshot=""))
    assert registry.find_by_inputs(tmp_path, one.inputs) is None  # of before there were any


@pytest.mark.parametrize("intents", [["choose", "greet"], ["choose", "greet", "bill", "tax"]])
def test_weights_of_other_intents_are_refused(intents: list[str], tmp_path: Path) -> None:
    """Whatever the manifest says of the words."""
    register(tmp_path, "one")
    archive = tmp_path / "one" / ARCHIVE
    write_archive(archive, {"domain": {"slots": {}, "intents": intents}})
    manifest = replace(registry.read(tmp_path / "one"), archive_sha256=sha256(archive))
    registry.write(tmp_path / "one", manifest)
    with pytest.raises(ReleaseRefused, match="do not belong together"):
        registry.promote(tmp_path, "one")
