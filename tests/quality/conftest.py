"""A model of four services, trained here without Rasa, in a registry of its own."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlu.archive import sha256
from nlu.catalogue import load_catalogue
from nlu.classifier import hinge, linear, views
from nlu.classifier.place_mentions import PlaceMentions
from nlu.encoder.onnx_encoder import OnnxEncoder, VectorCache
from nlu.encoder.provision import encoder_folder
from nlu.paths import cache_folder, reading
from nlu.registry import ARCHIVE, DATA, Release, intents_of, read, write
from nlu.text import normalise
from tests.few_services import copied
from tests.releases import register

SERVICES = (
    *("electricity_bill_view", "electricity_bill_payment"),
    *("integrated_caste_certificate", "rice_card_application_status"),
)
VIEWS = {
    "written": [3, 4],
    "folded": [3, 4],
    "skeleton": [2, 4],
    "phrase": [4, 4],
}  # all that there are
WEIGHT, MODEL = 3.0, "20261130-120000-abcd1234"
DECISION = {"route": 0.8, "reject": 0.45, "option": 0.02, "options": 3, "refuse": 1}


@dataclass(frozen=True)
class Trained:
    """The registry's folder, its one model, and the data that the team edits."""

    models: Path
    release: Release
    data: Path


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of the tests' own, with the project's encoder and the vectors that it has made."""
    folder, project = tmp_path_factory.mktemp("cache"), cache_folder().absolute()
    for name in ("encoder", "embeddings"):
        (project / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(project / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEVA_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One for all tests, which do not change it."""
    root = tmp_path_factory.mktemp("quality")
    data = copied(root / "data", SERVICES)
    few(data)
    models = root / "models"
    register(models, MODEL, data=data)
    entry = models / MODEL
    with reading(entry / DATA):
        model = _fit(entry / DATA)
    write_archive(entry, model)
    return Trained(models, Release(entry, entry / DATA), data)


def few(data: Path) -> None:
    """Leaves only some of what is out of scope, and no traits: they take long and tell nothing."""
    for file in sorted((data / "conversation" / "out_of_scope").glob("*.yml"))[1:]:
        file.unlink()


def _fit(data: Path) -> linear.LinearModel:
    catalogue = load_catalogue(data)
    rows = [
        (name, utterance.text)
        for intents in (catalogue.services, catalogue.conversation)
        for name, one in intents.items()
        for utterances in one.utterances.values()
        for utterance in utterances[:40]
    ]
    texts = [text for _, text in rows]
    encoder = OnnxEncoder(encoder_folder("adapted"))
    dense = VectorCache(encoder).encode([normalise(text).text for text in texts])
    hashed = views.matrix(texts, VIEWS, PlaceMentions.of(catalogue))
    settings = hinge.Settings(cost=0.5, workers=1)
    model = linear.fit((dense * WEIGHT, hashed), [name for name, _ in rows], settings)
    return replace(model, temperature=0.25)


def write_archive(entry: Path, model: linear.LinearModel, profile: str = "fast") -> None:
    """The parts of a trained model's archive that `seva why` reads, and the manifest's hash."""
    weights = io.BytesIO()
    np.savez(
        weights,
        labels=np.asarray(model.labels),
        dense_weights=model.dense_weights.astype(np.float32),
        columns=model.columns,
        hashed_weights=model.hashed_weights.values,
        scales=model.hashed_weights.scales,
        bias=model.bias.astype(np.float32),
        temperature=np.float32(model.temperature),
    )
    settings: dict[str, dict[str, Any]] = {
        "sentence_encoder.SentenceEncoder": {"model": "adapted", "profile": profile},
        "service_classifier.ServiceClassifier": {"dense_weight": WEIGHT, "views": VIEWS},
        "decision.Decision": DECISION,
    }
    nodes = {
        name: {"uses": f"nlu.components.{name}", "config": config}
        for name, config in settings.items()
    }
    metadata = {
        "domain": {"intents": sorted(intents_of(entry / DATA))},
        "train_schema": {"nodes": {}},
        "predict_schema": {"nodes": nodes},
    }
    contents = {
        "components/train_ServiceClassifier3/services.npz": weights.getvalue(),
        "metadata.json": json.dumps(metadata).encode(),
    }
    with tarfile.open(entry / ARCHIVE, "w:gz") as packed:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    write(entry, replace(read(entry), archive_sha256=sha256(entry / ARCHIVE)))
