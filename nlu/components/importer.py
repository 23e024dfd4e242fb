"""Compiles the service catalogue into Rasa's domain, NLU data and rules, in memory.

Only intents grow with the catalogue. Slots, forms, actions and rules are the constant files under
`data/rasa/`, so that a new service changes what is understood but never how a turn works.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

import rasa.shared.utils.io
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from nlu.catalogue import Catalogue
from nlu.components.project import catalogue, catalogue_folder
from nlu.components.training_example import KEY, ROMANISED
from nlu.text import normalise
from nlu.text.indic_letters import romanise


class CatalogueImporter(TrainingDataImporter):
    """Reads `data/` (or SEVA_DATA_DIR) instead of Rasa's nlu.yml, domain.yml and stories.yml."""

    def __init__(
        self,
        config_file: Optional[str] = None,
        domain_path: Optional[str] = None,
        training_data_paths: Optional[Union[List[str], str]] = None,
        catalogue: str = "data",
        romanise: bool = False,
    ) -> None:
        """`catalogue` is the folder named in config.yml; Rasa's own paths are not used.
        `romanise` adds a copy in Latin letters of every utterance in Telugu or Devanagari."""
        self._config_file = config_file
        self._folder = catalogue
        self._romanise = romanise

    @property
    def _catalogue(self) -> Catalogue:
        return catalogue(self._folder)

    @cached_method
    def get_domain(self) -> Domain:
        """The constant domain plus one intent per service and conversation intent."""
        fixed = rasa.shared.utils.io.read_yaml_file(
            catalogue_folder(self._folder) / "rasa" / "domain.yml"
        )
        intents = [*self._catalogue.services, *self._catalogue.conversation]
        slots = {slot.name for s in self._catalogue.services.values() for slot in s.slots}
        return Domain.from_dict(
            {
                **fixed,
                "intents": [*fixed["intents"], *({i: {"use_entities": []}} for i in intents)],
                "entities": sorted({*fixed["entities"], *slots}),
            }
        )

    @cached_method
    def get_stories(self, exclusion_percentage: Optional[int] = None) -> StoryGraph:
        """The constant rules."""
        reader = YAMLStoryReader(self.get_domain())
        rules = catalogue_folder(self._folder) / "rasa" / "rules.yml"
        return StoryGraph(reader.read_from_file(rules))

    def get_conversation_tests(self) -> StoryGraph:
        """Conversations are tested by pytest (tests/conversations), not by Rasa stories."""
        return StoryGraph([])

    def get_config(self) -> Dict:
        """config.yml as it is."""
        if not self._config_file:
            return {}
        return rasa.shared.utils.io.read_model_configuration(self._config_file)

    def get_config_file_for_auto_config(self) -> Optional[str]:
        """config.yml; it leaves nothing for auto-configuration."""
        return self._config_file

    @cached_method
    def get_nlu_data(self, language: Optional[str] = "en") -> TrainingData:
        """Every trained utterance with its intent, marked values and utterance key."""
        intents: Dict[str, Any] = {**self._catalogue.services, **self._catalogue.conversation}
        native = {k.key for k in self._catalogue.languages.keys.values() if k.script != "Latn"}
        messages = []
        for name, intent in intents.items():
            for key, utterances in intent.utterances.items():
                messages += [_message(name, key, utterance) for utterance in utterances]
                if self._romanise and key in native:
                    messages += [_romanised(name, utterance) for utterance in utterances]
        return TrainingData(messages)


def _message(intent: str, key: str, utterance: Any) -> Message:
    entities = [
        {
            "entity": mark.slot,
            "start": mark.start,
            "end": mark.end,
            "value": utterance.text[mark.start : mark.end],
            **({"role": mark.role} if mark.role else {}),
        }
        for mark in utterance.marks
    ]
    message = Message.build(utterance.text, intent, entities=entities, example_metadata={KEY: key})
    return message


def _romanised(intent: str, utterance: Any) -> Message:
    words = normalise(utterance.text).text.split()
    text = " ".join(romanise(word) for word in words)
    return Message.build(text, intent, example_metadata={ROMANISED: True})
