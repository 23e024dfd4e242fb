"""The process that embeds beside the training makes exactly the vectors that training needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from nlu.components.importer import CatalogueImporter
from nlu.encoder.onnx_encoder import OnnxEncoder, VectorCache
from nlu.encoder.provision import configured, encoder_folder
from nlu.fast_yaml import load_yaml
from nlu.paths import cache_folder
from nlu.text import normalise
from nlu.training import embedding
from tests.few_services import copied

pytestmark = pytest.mark.may_take(900, "makes the vectors of every sentence")

ROOT = Path(__file__).resolve().parents[2]
AUGMENT = {"romanised": 0.5}


@pytest.fixture()
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config.yml over a catalogue of two services, with caches of its own."""
    data = copied(tmp_path / "data", ["anna_canteen_menu", "anna_canteen_timings"])
    for file in (data / "conversation").glob("*.yml"):
        if file.stem != "greet":
            file.unlink()
    for folder in ("talk", "traits"):
        for file in sorted((data / folder).glob("*.yml"))[1:]:
            file.unlink()
    encoder = encoder_folder(configured())
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "encoder").symlink_to(cache_folder() / "encoder")
    monkeypatch.setenv("SEVA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("SEVA_DATA_DIR", str(data))
    assert encoder_folder(configured()).resolve() == encoder.resolve()
    read = load_yaml((ROOT / "config.yml").read_text("utf-8"))
    read["importers"][0]["augment"] = AUGMENT
    path = tmp_path / "config.yml"
    path.write_text(yaml.safe_dump(read), "utf-8")
    return path


def test_every_text_of_the_training_is_there(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert embedding.embed(config) > 0
    data = CatalogueImporter(augment=AUGMENT).get_nlu_data().intent_examples
    texts = [normalise(m.get("text")).text for m in data]

    def refuse(*_: object, **__: object) -> np.ndarray:
        raise AssertionError("a text was not embedded")

    monkeypatch.setattr(OnnxEncoder, "encode", refuse)
    vectors = VectorCache(OnnxEncoder(encoder_folder(configured()))).encode(texts)
    assert vectors.shape == (len(texts), 384)


def test_the_process_ends_with_the_training(config: Path) -> None:
    """However far it came."""
    with embedding.beside(config) as process:
        assert process.poll() is None
    assert process.poll() is not None
