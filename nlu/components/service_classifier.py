"""Ranks services and conversation intents: sentence vector beside character n-grams.

The n-grams see the message four ways: as written, folded to a phonetic spelling that Telugu,
Devanagari and Latin text share, that spelling across word borders, and as a consonant skeleton
(what a transcript of speech keeps). Probabilities are calibrated on leave-one-out scores.
"""

from __future__ import annotations

import json
from pathlib import Path
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

from nlu.classifier import char_ngrams, conjugate_gradient, linear, stacking, views
from nlu.components.fine_tuning import facts
from nlu.components.project import code_fingerprint
from nlu.components.sentence_encoder import SentenceEncoder, intent_logits, sentence_vector
from nlu.components.training_example import COPIED, COPY, HELD_BACK, KEY

DEVELOPMENT = "development.npz"


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
            "exact_rows": 10_000,
            "landmarks": 2_000,
            "ranking_length": 10,
        }

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[linear.LinearModel] = None,
        stacked: Optional[stacking.Stacking] = None,
    ) -> None:
        """`model` is None until trained or loaded; `stacked` where the encoder is frozen."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model
        self._stacking = stacked

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
            weights = json.loads((folder / "facts.json").read_text("utf-8")).get("stacking")
        stacked = stacking.Stacking(**weights) if weights else None
        return cls(config, model_storage, resource, model, stacked)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Other code beneath means a new training."""
        return code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Fits, then calibrates on the scores messages get from a model without them.

        Where the encoder was fine-tuned, these are its development part: there the network's
        logits are weighed against the n-grams' scores.
        """
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        tuned = intent_logits(examples[0]) is not None
        if tuned:  # a copy of a held-back message would give it away
            examples = [m for m in examples if COPY not in facts(m) or HELD_BACK not in facts(m)]
        labels = [m.get(INTENT) for m in examples]
        fitted = linear.fit(
            self._rows(examples, dense=not tuned),
            labels,
            ridge=float(self._config["ridge"]),
            balance=float(self._config["balance"]),
            exact_rows=int(self._config["exact_rows"]),
            gradient=conjugate_gradient.Settings(landmarks=int(self._config["landmarks"])),
        )
        if tuned:
            known = [i for i, m in enumerate(examples) if HELD_BACK in facts(m)]
        else:  # a message with a copy is never wholly left out, so it says nothing here
            known = [i for i, m in enumerate(examples) if _stands_alone(m)]
        messages = [examples[i] for i in known]
        probabilities = self._calibrate(fitted, known, messages)
        with self._storage.write_to(self._resource) as folder:
            self._save(folder)
            np.savez_compressed(
                folder / DEVELOPMENT,
                labels=np.asarray(fitted.model.labels),
                probabilities=probabilities.astype(np.float16),
                truth=np.asarray([m.get(INTENT) for m in messages]),
                key=np.asarray([str(facts(m).get(KEY, "")) for m in messages]),
            )
        return self._resource

    def _calibrate(
        self, fitted: linear.Fitted, known: List[int], messages: List[Message]
    ) -> np.ndarray:
        """Sets the model and, if there is a network, its weight; the probabilities (known, labels)
        of the messages that the model was calibrated on."""
        scores, truth = fitted.left_out[known], [m.get(INTENT) for m in messages]
        self._model = fitted.model
        found = [logits for m in messages if (logits := intent_logits(m)) is not None]
        if not found:
            self._model = linear.calibrate(fitted.model, scores, truth)
            return linear.softmax(scores / self._model.temperature)
        logits = np.stack(found)
        places = {label: i for i, label in enumerate(self._model.labels)}
        self._stacking = stacking.fit(logits, scores, [places[name] for name in truth])
        return self._stacking.probabilities(logits, scores)

    def _save(self, folder: Path) -> None:
        assert self._model is not None
        self._model.save(folder / "services.npz")
        found: Dict[str, Any] = {
            "labels": len(self._model.labels),
            "temperature": self._model.temperature,
        }
        if self._stacking is not None:
            found["stacking"] = {
                "network": self._stacking.network,
                "ngrams": self._stacking.ngrams,
            }
        (folder / "facts.json").write_text(json.dumps(found), "utf-8")

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `intent` and `intent_ranking` (calibrated, best first)."""
        assert self._model is not None
        for message in messages:
            if not message.get(TEXT):
                continue
            probabilities = self._probabilities(message)
            order = np.argsort(-probabilities)[: int(self._config["ranking_length"])]
            ranking = [
                {"name": self._model.labels[i], "confidence": float(probabilities[i])}
                for i in order
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _probabilities(self, message: Message) -> np.ndarray:
        assert self._model is not None
        hashed = self._hashed(message.get(TEXT))
        if self._stacking is not None:
            logits = intent_logits(message)
            assert logits is not None
            nothing = np.zeros(0, np.float32)
            return self._stacking.probabilities(logits, self._model.scores(nothing, hashed))
        dense = sentence_vector(message) * float(self._config["dense_weight"])
        return self._model.probabilities(dense, hashed)

    def _rows(self, messages: List[Message], *, dense: bool) -> linear.Rows:
        vectors = np.zeros((len(messages), 0), np.float32)
        if dense:
            vectors = np.stack([sentence_vector(m) for m in messages])
        hashed = char_ngrams.matrix([self._hashed(m.get(TEXT)) for m in messages])
        return vectors * float(self._config["dense_weight"]), hashed

    def _hashed(self, text: str) -> Tuple[np.ndarray, np.ndarray]:
        return views.hashed(text, self._config["views"])


def _stands_alone(message: Message) -> bool:
    """Whether the message is neither a copy of a trained one nor has copies."""
    return COPY not in facts(message) and COPIED not in facts(message)
