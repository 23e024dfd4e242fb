"""Which language and script a message is in, as a Rasa component.

Nothing is trained with a catalogue: the model ships in `data/language`. The citizen's saved
language comes in as `metadata.language`, that of a voice note as `metadata.spoken`, and counts as
prior evidence.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.classifier.language import Key, LanguageIdentifier, LanguageModel
from nlu.classifier.language_words import language_words
from nlu.components.project import catalogue, catalogue_folder
from nlu.text.lexicon import load_lexicon

LANGUAGE = "language"


@lru_cache(maxsize=2)
def _loaded(path: Path) -> LanguageModel:
    return LanguageModel.load(path)


def _listed() -> Dict[str, Any]:
    """The lists of words by language; a release from before they were there has none."""
    try:
        return load_lexicon("languages")
    except FileNotFoundError:
        return {}


def identifier(config: Dict[str, Any]) -> LanguageIdentifier:
    """What a configuration with all its defaults means. Raises FileNotFoundError."""
    known = catalogue(config["catalogue"])
    languages = known.languages
    return LanguageIdentifier(
        tuple(Key(k.key, k.language, k.script) for k in languages.keys.values()),
        _loaded(catalogue_folder(config["catalogue"]) / config["model"]),
        float(config["prior_weight"]),
        float(config["native_share"]),
        float(config["mixed_share"]),
        languages.default,
        language_words(_listed(), known),
        float(config["word_weight"]),
    )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class LanguageAndScript(GraphComponent):
    """Sets `language: {key, confidence, script, mixed}` on each message."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings by default.

        `model`: file of the shipped model, in the catalogue's folder; `prior_weight`: odds for the
        citizen's language; `native_share`: letters that decide; `mixed_share`: letters of a second
        script that make a message mixed; `word_weight`: odds for each word that a language's list
        has.
        """
        return {
            "catalogue": "data",
            "model": "language/model.npz",
            "prior_weight": 10.0,
            "native_share": 0.25,
            "mixed_share": 0.15,
            "word_weight": 100.0,
        }

    def __init__(self, identifier: LanguageIdentifier) -> None:
        """`identifier` does the work."""
        self._identifier = identifier

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageAndScript:
        """Creates the component (see GraphComponent). Raises FileNotFoundError without a model."""
        return cls(identifier(config))

    def process(self, messages: List[Message]) -> List[Message]:
        """Guesses the language of each message."""
        for message in messages:
            known = message.get("metadata") or {}
            prior = known.get("spoken") or known.get("language")
            guess = self._identifier.guess(message.get(TEXT) or "", prior)
            value = {
                "key": guess.key,
                "confidence": guess.confidence,
                "script": guess.script,
                "mixed": guess.mixed,
            }
            message.set(LANGUAGE, value, add_to_output=True)
        return messages
