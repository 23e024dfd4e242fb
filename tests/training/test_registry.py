"""The model registry: plain files, an archive that is checked, a pointer that is never half."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nlu import registry
from nlu.archive import sha256
from nlu.paths import models_folder
from nlu.registry import ARCHIVE, Manifest

METRICS = {
    "by_key": {
        key: {"rows": 84, "top1": 0.96, "top3": 1.0, "route_rate": 0.9, "route_precision": 0.98}
        for key in ("te", "te-Latn", "hi", "hi-Latn", "en")
    },
    "out_of_scope": {"recall": 0.91, "false_accept": 0.01, "in_scope_rejected": 0.02},
}


def write_archive(
    archive: Path, facts: Mapping[str, Any] = {}, uses: str = "nlu.components.decision.Decision"
) -> None:
    """The part of a model's archive that names classes."""
    metadata = {
        "domain": {"slots": {"language": {"type": "text"}}},
        "train_schema": {"nodes": {}},
        "predict_schema": {"nodes": {"a": {"uses": uses, "config": {}}}},
        **facts,
    }
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in (("metadata.json", json.dumps(metadata)), ("x/domain.yml", "{}")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content.encode()))


def register(folder: Path, name: str, created: str = "2026-11-25T00:00:00+00:00") -> Manifest:
    """A small model in the registry."""
    entry = folder / name
    entry.mkdir(parents=True)
    write_archive(entry / ARCHIVE, {"model_id": name})
    manifest = Manifest(
        id=name,
        created=created,
        profile="fast",
        inputs=f"inputs of {name}",
        data_hash="d" * 64,
        config_hash="c" * 64,
        lock_hash="l" * 64,
        encoder="e" * 16,
        archive_sha256=sha256(entry / ARCHIVE),
        archive_bytes=(entry / ARCHIVE).stat().st_size,
        services=21,
        utterances=3870,
        train_seconds=32.2,
        peak_memory_mb=1521.8,
        metrics=METRICS,
    )
    registry.write(entry, manifest)
    return manifest


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
    with pytest.raises(ValueError, match="no model nonsense"):
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
        assert f"| {key} | 84 | 0.960 | 1.000 |" in card
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


def test_commands_answer_with_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 and the id, or 1 and the reason on stderr."""
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path))
    for name in ("one", "two"):
        register(tmp_path, name)
        assert registry.promote_command(name) == 0
    assert registry.rollback_command() == 0
    assert "one is live again" in capsys.readouterr().out
    assert registry.rollback_command() == registry.promote_command("nonsense") == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "no earlier model" in told.err and "nonsense" in told.err


def test_models_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One document, with the live one marked."""
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path))
    for name in ("one", "two"):
        register(tmp_path, name)
    registry.promote(tmp_path, "one")
    assert registry.models_command(json_output=True) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["id"]: row["live"] for row in rows} == {"one": True, "two": False}
