"""The linear machine of a trained model, read without Rasa, which takes ten seconds to start.

A model's archive holds plain arrays, and of each component's configuration what config.yml says.
They are unpacked once into the cache, under the hash of the archive; only then are the components
asked for the rest of their configuration, which takes Rasa.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.archive import ReleaseRefused
from nlu.catalogue.model import Catalogue
from nlu.catalogue.vocabulary import read_gazetteers, read_languages
from nlu.catalogue.yaml_source import Source
from nlu.classifier import views
from nlu.classifier.decision import Thresholds
from nlu.classifier.linear import LinearModel
from nlu.classifier.place_mentions import PlaceMentions
from nlu.encoder.provision import encoder_folder
from nlu.paths import cache_folder, reading
from nlu.quality.progress import Tell, untold
from nlu.quality.vectors import CountedEncoder
from nlu.registry import ARCHIVE, Release, read
from nlu.text import normalise

_WEIGHTS, _CONFIG = "services.npz", "configuration.json"
_METADATA = "metadata.json"
_READ = ("SentenceEncoder", "ServiceClassifier", "Decision")
"""Components whose configuration is needed."""


@dataclass(frozen=True)
class Machine:
    """Weights, encoder and views of one model; it ranks as the model's pipeline does."""

    model: LinearModel
    encoder: CountedEncoder
    views: Mapping[str, Sequence[int]]
    dense_weight: float
    places: PlaceMentions
    thresholds: Thresholds

    def dense(self, text: str) -> np.ndarray:
        """The vector (dimension,) of a raw message, of unit length."""
        return self.encoder.encode([normalise(text).text])[0]

    def probabilities(self, text: str) -> np.ndarray:
        """Calibrated probabilities (labels,) of a raw message."""
        hashed = views.hashed(text, self.views, self.places)
        return self.model.probabilities(self.dense(text) * self.dense_weight, hashed)

    def ranking(self, text: str, length: int) -> list[tuple[str, float]]:
        """(intent, probability), best first."""
        chances = self.probabilities(text)
        order = np.argsort(-chances)[:length]
        return [(self.model.labels[i], float(chances[i])) for i in order]


def load(release: Release, tell: Tell = untold) -> Machine:
    """The machine of a model of the registry. Raises ReleaseRefused, FileNotFoundError."""
    manifest = read(release.model)
    folder = cache_folder() / "machines" / manifest.archive_sha256[:16]
    if not (folder / _CONFIG).is_file():
        release.check()
        _unpack(release.model / ARCHIVE, folder)
    config = json.loads((folder / _CONFIG).read_text("utf-8"))
    classifier, encoder = config["ServiceClassifier"], config["SentenceEncoder"]
    decision = config["Decision"]
    if encoder.get("profile", "fast") != "fast":
        raise ReleaseRefused(
            f"{manifest.id} is of profile `{encoder['profile']}`: only the sentences behind a "
            "model of profile `fast` can be shown; name one with --model"
        )
    with reading(release.data):
        places = PlaceMentions.of(_gazetteers(release.data))
    try:
        return Machine(
            LinearModel.load(folder / _WEIGHTS),
            CountedEncoder(encoder_folder(encoder["model"]), tell),
            classifier["views"],
            float(classifier["dense_weight"]),
            places,
            Thresholds(
                float(decision["route"]),
                float(decision["reject"]),
                float(decision["option"]),
                int(decision["options"]),
                float(decision["refuse"]),
            ),
        )
    except KeyError as error:
        raise ReleaseRefused(
            f"the config.yml that {manifest.id} was trained with does not say {error}; set it "
            "there, then `seva train`"
        ) from error


def _gazetteers(data: Path) -> Catalogue:
    """As much of a catalogue as tells places: reading all of it takes seconds."""
    source = Source()
    languages = read_languages(source, data / "languages.yml")
    found = read_gazetteers(source, sorted((data / "gazetteers").glob("*.yml")), languages)
    return Catalogue({}, {}, {}, {}, found, languages, {}, "", data)


def _unpack(archive: Path, folder: Path) -> None:
    """Weights and configuration of an archive that was checked, whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".unpacking-"))
    try:
        config: dict[str, Any] = {}
        with tarfile.open(archive, "r:gz") as packed:
            for member in packed:
                name = Path(member.name).name
                content = packed.extractfile(member) if name in (_WEIGHTS, _METADATA) else None
                if content is None:
                    continue
                if name == _WEIGHTS:
                    with open(work / _WEIGHTS, "wb") as out:
                        shutil.copyfileobj(content, out)
                else:
                    config = _configured(json.load(content))
        (work / _CONFIG).write_text(json.dumps(config), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _configured(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Component's class -> its configuration, as the model was trained with."""
    nodes = metadata["predict_schema"]["nodes"].values()
    return {
        name: _whole(f"{module}.{name}", node["config"])
        for node in nodes
        for module, _, name in [node["uses"].rpartition(".")]
        if name in _READ
    }


def _whole(component: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """What config.yml tells of a component over its defaults, as Rasa puts them together
    (`rasa.utils.common.override_defaults`): what stands in a mapping is changed one by one."""
    module, _, name = component.rpartition(".")
    whole = dict(getattr(importlib.import_module(module), name).get_default_config())
    for key, value in told.items():
        mapped = isinstance(whole.get(key), Mapping)
        whole[key] = {**whole[key], **value} if mapped else value
    return whole
