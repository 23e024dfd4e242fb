"""Says what a message is beside its service: a question about a fact, danger, an answer.

The traits and their sentences are those of `data/traits/`. The importer adds the sentences to the
training data without an intent, so that they are embedded with the others; services do not learn
from them. What is set: `traits`, the probability of each label of each trait, and of "none".
"""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.classifier import hinge, linear, traits, views
from nlu.classifier.place_mentions import PlaceMentions
from nlu.components.fine_tuning import facts
from nlu.components.project import catalogue, code_fingerprint
from nlu.components.sentence_encoder import SentenceEncoder, sentence_vector
from nlu.components.training_message import COPY, HELD_BACK, LABEL, TRAIT

TRAITS = "traits"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class TraitClassifier(GraphComponent):
    """A linear model a trait, over the features that `ServiceClassifier` has too."""

    @classmethod
    def required_components(cls) -> List[type]:
        """The sentence vector must be there."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """As of `ServiceClassifier`: `cost`, `dense_weight` and `views`."""
        return {
            "catalogue": "data",
            "cost": 0.2,
            "dense_weight": 3.0,
            "views": {
                "written": [3, 4],
                "folded": [3, 4],
                "folded pairs": [0, 3],
                "skeleton pairs": [0, 3],
            },
        }

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        models: Optional[Dict[str, linear.LinearModel]] = None,
    ) -> None:
        """`models` by trait; None until trained or loaded."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._models = models or {}
        self._catalogue = catalogue(config["catalogue"])
        self._places = PlaceMentions.of(self._catalogue)

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TraitClassifier:
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
    ) -> TraitClassifier:
        """Loads the trained component."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, traits.load(folder))

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Other code beneath means a new training."""
        return code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Learns each trait that there are sentences of."""
        examples = training_data.training_examples
        vectors = {m.get(TEXT): sentence_vector(m) for m in examples if m.get(TEXT)}
        own = {
            name: traits.labelled(
                (m.get(TEXT), facts(m)[LABEL]) for m in examples if facts(m).get(TRAIT) == name
            )
            for name in self._catalogue.traits
        }
        said = [
            (m.get(TEXT), m.get(INTENT))
            for m in examples
            if m.get(INTENT) and COPY not in facts(m) and HELD_BACK not in facts(m)
        ]
        found = {
            name: traits.learned(name, trait.others, own, said)
            for name, trait in self._catalogue.traits.items()
        }
        texts = list(dict.fromkeys(text for labels in found.values() for text in labels))
        at = {text: row for row, text in enumerate(texts)}
        cores = os.cpu_count() or 1  # training has the machine to itself
        hashed = views.matrix(texts, self._config["views"], self._places, workers=cores)
        settings = hinge.Settings(float(self._config["cost"]))
        for name, labels in found.items():
            dense = np.stack([vectors[text] for text in labels]) * self._config["dense_weight"]
            rows = (dense, hashed[[at[text] for text in labels]])
            self._models[name] = traits.fit(rows, labels, settings)
        with self._storage.write_to(self._resource) as folder:
            traits.save(self._models, folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets the probabilities of every trait's labels."""
        for message in messages:
            if not message.get(TEXT) or not self._models:
                continue
            dense = sentence_vector(message) * float(self._config["dense_weight"])
            hashed = views.hashed(message.get(TEXT), self._config["views"], self._places)
            found = {
                name: traits.probabilities(model, dense, hashed)
                for name, model in self._models.items()
            }
            message.set(TRAITS, found, add_to_output=True)
        return messages
