"""Rasa's cache must see the code our components stand on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nlu.components import project
from nlu.paths import PACKAGE, SHIPPED
from tests.deferred import Deferred

sentence_encoder = Deferred("nlu.components.sentence_encoder")
service_classifier = Deferred("nlu.components.service_classifier")

_NO_CACHES = shutil.ignore_patterns("__pycache__")


@pytest.mark.parametrize(
    ("module", "name"),
    [(sentence_encoder, "SentenceEncoder"), (service_classifier, "ServiceClassifier")],
    ids=["SentenceEncoder", "ServiceClassifier"],
)
def test_a_component_is_trained_again_when_the_code_beneath_changes(
    module: Deferred, name: str
) -> None:
    """A new n-gram hash with weights of the old one once scored 0.47 where 0.96 was right."""
    component = getattr(module, name)
    addon = component.fingerprint_addon(component.get_default_config())
    assert addon and project.code_fingerprint() in addon


@pytest.mark.parametrize("package", ["classifier", "text", "joint", "augment", "encoder"])
def test_the_code_beneath_is_all_that_shapes_a_network(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How a network is exported (nlu/encoder) as well: int8 of old code must not come back."""
    shutil.copytree(PACKAGE, tmp_path / "nlu", ignore=_NO_CACHES)
    monkeypatch.setattr(project, "PACKAGE", tmp_path / "nlu")
    before = project.code_fingerprint.__wrapped__()
    (tmp_path / "nlu" / package / "__init__.py").write_text("changed = True\n", "utf-8")
    assert project.code_fingerprint.__wrapped__() != before


def test_other_transcripts_train_the_classifier_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are no training examples, so that Rasa's cache does not see them by itself."""
    data = tmp_path / "data"
    shutil.copytree(SHIPPED / "data" / "speech_augmentation", data / "speech_augmentation")
    shutil.copy(SHIPPED / "data" / "augmentation.yml", data)
    monkeypatch.setenv("SEVA_DATA_DIR", str(data))
    before = service_classifier.ServiceClassifier.fingerprint_addon({})
    file = next((data / "speech_augmentation").glob("*.tsv"))
    file.write_text(file.read_text("utf-8").rsplit("\n", 2)[0] + "\n", "utf-8")
    fewer = service_classifier.ServiceClassifier.fingerprint_addon({})
    (data / "augmentation.yml").write_text("seed: 8\n", "utf-8")
    assert len({before, fewer, service_classifier.ServiceClassifier.fingerprint_addon({})}) == 3
