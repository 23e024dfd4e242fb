"""Ranks services and conversation intents: sentence vector beside character n-grams.

The n-grams see the message four ways: as written, folded to a phonetic spelling that Telugu,
Devanagari and Latin text share, that spelling across word borders, and as a consonant skeleton
(what a transcript of speech keeps). Probabilities are calibrated on leave-one-out scores.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.classifier import char_ngrams, conjugate_gradient, linear, views
from nlu.components.project import code_fingerprint
from nlu.components.sentence_encoder import SentenceEncoder, sentence_vector
from nlu.components.training_example import COPIED, COPY


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ServiceClassifier(IntentClassifier, GraphComponent):
    """Ridge classification over all services and conversation intents."""

    @classmethod
    def required_components(cls) -> List[type]:
        """The sentence vector must be there."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`views`: n-gram lengths per view; `dense_weight` scales the vector against them.

        Above `exact_rows` the solution is found in steps, with `landmarks` rows as a guide.
        """
        return {
            "ridge": 0.7,
            "balance": 0.4,
            "dense_weight": 3.0,
            "views": {
                "written": [2, 5],
                "folded": [2, 4],
                "skeleton": [2, 4],
                "phrase": [3, 5],
            },
            "exact_rows": 12_000,
            "landmarks": 2_000,
            "ranking_length": 10,
        }

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[linear.LinearModel] = None,
    ) -> None:
        """`model` is None until trained or loaded."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ServiceClassifier:
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
    ) -> ServiceClassifier:
        """Loads the trained component."""
        with model_storage.read_from(resource) as folder:
            model = linear.LinearModel.load(folder / "services.npz")
        return cls(config, model_storage, resource, model)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Other code beneath means a new training."""
        return code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Fits, then calibrates on the scores messages get from a model without them."""
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        rows = self._rows(examples)
        labels = [m.get(INTENT) for m in examples]
        fitted = linear.fit(
            rows,
            labels,
            ridge=float(self._config["ridge"]),
            balance=float(self._config["balance"]),
            exact_rows=int(self._config["exact_rows"]),
            gradient=conjugate_gradient.Settings(landmarks=int(self._config["landmarks"])),
        )
        # A message with a copy is never wholly left out, so it says nothing here.
        alone = [i for i, m in enumerate(examples) if _stands_alone(m)]
        scores, truth = fitted.left_out[alone], [labels[i] for i in alone]
        self._model = linear.calibrate(fitted.model, scores, truth)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder / "services.npz")
            facts = {"labels": len(self._model.labels), "temperature": self._model.temperature}
            (folder / "facts.json").write_text(json.dumps(facts), "utf-8")
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `intent` and `intent_ranking` (calibrated, best first)."""
        assert self._model is not None
        for message in messages:
            if not message.get(TEXT):
                continue
            dense = sentence_vector(message) * float(self._config["dense_weight"])
            probabilities = self._model.probabilities(dense, self._hashed(message.get(TEXT)))
            order = np.argsort(-probabilities)[: int(self._config["ranking_length"])]
            ranking = [
                {"name": self._model.labels[i], "confidence": float(probabilities[i])}
                for i in order
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _rows(self, messages: List[Message]) -> linear.Rows:
        dense = np.stack([sentence_vector(m) for m in messages]) * float(
            self._config["dense_weight"]
        )
        return dense, char_ngrams.matrix([self._hashed(m.get(TEXT)) for m in messages])

    def _hashed(self, text: str) -> Tuple[np.ndarray, np.ndarray]:
        return views.hashed(text, self._config["views"])


def _stands_alone(message: Message) -> bool:
    """Whether the message is neither a copy of a trained one nor has copies."""
    facts = (message.get("metadata") or {}).get("example", {})
    return COPY not in facts and COPIED not in facts
