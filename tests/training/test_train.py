"""What decides a model is in the hash of its inputs."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tarsafe import TarSafe

from nlu.catalogue import load_catalogue
from nlu.fast_yaml import load_yaml
from nlu.paths import folder_in_use
from nlu.registry import (
    ARCHIVE,
    DATA,
    Release,
    entries,
    intents_of,
    live_id,
    promote,
    rollback,
)
from nlu.storage.file_lock import locked
from nlu.training import train as module
from nlu.training.answers import kept
from nlu.training.metrics import Labelled
from nlu.training.train import _packing, _without_bars, inputs_hash, train
from tests.few_services import copied
from tests.releases import write_archive

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture()
def config() -> str:
    """The text of config.yml."""
    return (ROOT / "config.yml").read_text("utf-8")


def test_inputs_hash_is_stable(config: str) -> None:
    """The same inputs, the same model."""
    assert inputs_hash("data", config, "encoder") == inputs_hash("data", config, "encoder")


def test_inputs_hash_follows_data_encoder_and_config(config: str) -> None:
    """Each of them alone makes another model."""
    before = inputs_hash("data", config, "encoder")
    assert inputs_hash("other data", config, "encoder") != before
    assert inputs_hash("data", config, "other encoder") != before
    raw = load_yaml(config)
    raw["pipeline"][-1]["options"] = 4
    assert inputs_hash("data", yaml.safe_dump(raw), "encoder") != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("services/energy/electricity_bill_view.yml", '"కరెంటు బిల్లు ఎంత"', '"కరెంటు బిల్లెంత"'),
        ("services/energy/electricity_bill_view.yml", 'neighbours: ["', 'neighbours: ["ror_1b", "'),
        ("conversation/greet.yml", "utterances:", "utterances:  "),
    ],
)
def test_catalogue_hash_follows_the_files(tmp_path: Path, file: str, old: str, new: str) -> None:
    """A changed utterance or neighbour is another catalogue; spaces are not."""
    folder = copied(tmp_path / "data", ["electricity_bill_view", "electricity_bill_payment"])
    before = load_catalogue(folder).hash
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    changed = old.strip() != new.strip()
    assert (load_catalogue(folder).hash != before) == changed


def test_catalogue_hash_is_the_same_in_another_folder(tmp_path: Path) -> None:
    """It is about content, not about where the files lie."""
    few = copied(tmp_path / "few", ["electricity_bill_view"])
    shutil.copytree(few, tmp_path / "copy")
    assert load_catalogue(tmp_path / "copy").hash == load_catalogue(few).hash


def test_unknown_profile_is_refused() -> None:
    """Before anything is read."""
    with pytest.raises(ValueError, match="profile 'huge'"):
        train("huge")


def test_rasa_draws_no_bars_only_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    from rasa.shared.utils.io import is_logging_disabled

    monkeypatch.setenv("LOG_LEVEL", "INFO")
    with _without_bars():
        assert is_logging_disabled()
    assert not is_logging_disabled()


def test_archives_are_packed_at_the_level_given_only_inside(tmp_path: Path) -> None:
    """Byte 8 of a gzip file tells: 2 is level 9, 0 one in between (RFC 1952, XFL)."""
    packed = {}
    for name in ("inside", "after"):
        packing = _packing(6) if name == "inside" else contextlib.nullcontext()
        with packing, TarSafe.open(str(tmp_path / name), "w:gz") as tar:
            tar.add(__file__, arcname="this.py")
        packed[name] = (tmp_path / name).read_bytes()[8]
        with TarSafe.open(str(tmp_path / name)) as tar:
            tar.extractall(tmp_path / f"{name}-out")
        assert (tmp_path / f"{name}-out" / "this.py").read_bytes() == Path(__file__).read_bytes()
    assert packed == {"inside": 0, "after": 2}


# --- What a training makes: a release of the catalogue as it was when it began --------------------


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders that Rasa was asked to train from; without Rasa, encoder and scores."""
    trained: list[Path] = []

    def rasa(config: Path, data: Path, work: Path, say: Any) -> Path:
        trained.append(data)
        half = tmp_path / "data" / "services" / "energy" / "half.yml"
        half.write_text("service: TODO", "utf-8")  # somebody goes on writing meanwhile
        domain = {"slots": {}, "intents": sorted(intents_of(data))}
        write_archive(work / ARCHIVE, {"domain": domain, "trained": len(trained)})
        half.unlink()
        return work / ARCHIVE

    def scores(read: Any, known: Any) -> tuple[dict[str, Any], list[Any]]:
        return {"top1": 1.0}, []

    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns(*NOT_READ))
    for department in (tmp_path / "data" / "services").iterdir():
        if department.name != "energy":
            shutil.rmtree(department)
    monkeypatch.setenv("SEVA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setattr(module, "_rasa_train", rasa)
    monkeypatch.setattr("nlu.training.evaluate.evaluated_holdouts", scores)
    monkeypatch.setattr("nlu.training.evaluate.start_rasa", lambda: None)
    monkeypatch.setattr(module.embedding, "beside", lambda config: contextlib.nullcontext())
    monkeypatch.setattr("nlu.training.evaluate.write_page", lambda *given: None)
    monkeypatch.setattr("nlu.encoder.provision.encoder_folder", lambda source: tmp_path)
    monkeypatch.setattr("nlu.encoder.onnx_encoder.fingerprint", lambda folder: "e")
    return trained


NOT_READ = ("encoder", "demo", "out_of_scope", "questions")


def test_a_release_holds_what_was_there_when_its_training_began(
    weights: list[Path], tmp_path: Path
) -> None:
    """It is whole and live at once, as the first one; nothing else is left in the registry."""
    made = module.train()
    release = Release(tmp_path / "models" / made.id, tmp_path / "models" / made.id / DATA)
    release.check()
    assert weights[0].parent.parent == tmp_path / "models"
    assert not (release.data / "services" / "energy" / "half.yml").exists()
    assert live_id(tmp_path / "models") == made.id
    assert {path.name for path in (tmp_path / "models").iterdir()} == {made.id, "live"}
    assert folder_in_use() is None


def test_who_asked_at_the_console_is_kept_and_what_the_model_answers(
    weights: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scores(read: Any, known: Any) -> tuple[dict[str, Any], list[Any]]:
        read([[Labelled("bill", "en", "a")], [Labelled("bill sir", "en", "a")]])
        return {}, []

    def answers(model: Path, data: Path, parts: list[list[Labelled]]) -> list[Any]:
        decision = {"kind": "route", "options": [{"service": "a"}]}
        one = {"decision": decision, "intent_ranking": [{"name": "a", "confidence": 0.9}]}
        return [([one] * len(rows), 1.0) for rows in parts]

    monkeypatch.setattr("nlu.training.evaluate.evaluated_holdouts", scores)
    monkeypatch.setattr("nlu.training.evaluate.read_at_once", answers)
    made = module.train(reason="ration cards", author="Lakshmi Devi", account="a1")
    told = {name: made.lineage[name] for name in ("author", "account", "reason")}
    assert told == {"author": "Lakshmi Devi", "account": "a1", "reason": "ration cards"}
    found = kept(tmp_path / "models" / made.id)
    assert set(found) == {"bill", "bill sir"} and found["bill"].options == ("a",)


def test_what_a_killed_training_left_is_cleared_away_and_nothing_else(
    weights: list[Path], tmp_path: Path
) -> None:
    models = tmp_path / "models"
    for name in (".training-killed", ".training-alive", ".training-begun"):
        (models / name).mkdir(parents=True)
    (models / ".training-killed" / ".alive").touch()
    with locked(models / ".training-alive" / ".alive"):
        made = module.train()
    left = {path.name for path in models.iterdir()}
    assert left == {made.id, "live", ".training-alive", ".training-begun"}
    assert not (models / made.id / ".alive").exists()


def test_the_same_catalogue_is_one_release(weights: list[Path], tmp_path: Path) -> None:
    assert module.train() == module.train()
    assert len(weights) == 1 and len(entries(tmp_path / "models")) == 1


def test_changed_words_are_a_release_without_a_training(
    weights: list[Path], tmp_path: Path
) -> None:
    """Replies decide no weights, and citizens read them: so they must be able to go live alone."""
    first = module.train()
    phrases = tmp_path / "data" / "phrases.yml"
    phrases.write_text(phrases.read_text("utf-8").replace("Welcome back!", "Again!"), "utf-8")
    second = module.train()
    assert second.id != first.id and len(weights) == 1
    assert second.archive_sha256 == first.archive_sha256 and second.snapshot != first.snapshot
    promote(tmp_path / "models", second.id)
    copy = live_release_data(tmp_path / "models") / "phrases.yml"
    assert "Again!" in copy.read_text("utf-8")
    assert rollback(tmp_path / "models") == first.id


def test_a_new_sentence_is_trained(weights: list[Path], tmp_path: Path) -> None:
    module.train()
    file = tmp_path / "data" / "services" / "energy" / "electricity_bill_view.yml"
    text = file.read_text("utf-8")
    new = "utterances:\n  te:\n"
    assert new in text
    file.write_text(text.replace(new, f"{new}    - కొత్త వాక్యం\n"), "utf-8")
    module.train()
    assert len(weights) == 2


def live_release_data(models: Path) -> Path:
    return models / str(live_id(models)) / DATA
