"""Which language and script a message is in, as a Rasa component.

Trained on the catalogue's own utterances; the citizen's saved language comes in as
`metadata.language` and counts as prior evidence.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.classifier import language as identification
from nlu.classifier.language import Key, LanguageIdentifier
from nlu.classifier.linear import LinearModel
from nlu.components.project import catalogue, code_fingerprint
from nlu.components.training_example import KEY

LANGUAGE = "language"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class LanguageAndScript(GraphComponent):
    """Sets `language: {key, confidence, script}` on each message."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`prior_weight`: odds for the citizen's language; `native_share`: letters that decide."""
        return {"catalogue": "data", "ridge": 0.3, "prior_weight": 10.0, "native_share": 0.25}

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[LinearModel] = None,
    ) -> None:
        """`model` is None until trained or loaded."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._identifier = self._with(model) if model else None

    def _with(self, model: LinearModel) -> LanguageIdentifier:
        languages = catalogue(self._config["catalogue"]).languages
        keys = tuple(Key(k.key, k.language, k.script) for k in languages.keys.values())
        return LanguageIdentifier(
            keys,
            model,
            float(self._config["prior_weight"]),
            float(self._config["native_share"]),
            languages.default,
        )

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageAndScript:
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
    ) -> LanguageAndScript:
        """Loads the trained component."""
        with model_storage.read_from(resource) as folder:
            model = LinearModel.load(folder / "language.npz")
        return cls(config, model_storage, resource, model)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Other code beneath means a new training."""
        return code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Trains on every example that knows its utterance key."""
        examples: Dict[str, List[str]] = defaultdict(list)
        for message in training_data.training_examples:
            key = (message.get("metadata") or {}).get("example", {}).get(KEY)
            if key and message.get(TEXT):
                examples[key].append(message.get(TEXT))
        languages = catalogue(self._config["catalogue"]).languages
        keys = [Key(k.key, k.language, k.script) for k in languages.keys.values()]
        model = identification.train(examples, keys, ridge=float(self._config["ridge"]))
        self._identifier = self._with(model)
        with self._storage.write_to(self._resource) as folder:
            self._identifier.save(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Guesses the language of each message."""
        assert self._identifier is not None
        for message in messages:
            prior = (message.get("metadata") or {}).get("language")
            guess = self._identifier.guess(message.get(TEXT) or "", prior)
            value = {"key": guess.key, "confidence": guess.confidence, "script": guess.script}
            message.set(LANGUAGE, value, add_to_output=True)
        return messages
