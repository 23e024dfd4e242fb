"""Compiles the service catalogue into Rasa's domain, NLU data and rules, in memory.

Only intents grow with the catalogue. Slots, forms, actions and rules are the constant files under
`data/rasa/`, so that a new service changes what is understood but never how a turn works.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, Optional, Tuple, Union

import rasa.shared.utils.io
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from nlu.augment import Augmented
from nlu.augment.augmenter import Learned, training_set
from nlu.catalogue import Catalogue
from nlu.catalogue.model import Utterance
from nlu.classifier.traits import sentences
from nlu.components.project import catalogue, catalogue_folder
from nlu.components.training_message import (
    COPY,
    HELD_BACK,
    KEY,
    LABEL,
    SOURCE,
    TRAIT,
    TrainingMessage,
)


class CatalogueImporter(TrainingDataImporter):
    """Reads `data/` (or SEVA_DATA_DIR) instead of Rasa's nlu.yml, domain.yml and stories.yml."""

    def __init__(
        self,
        config_file: Optional[str] = None,
        domain_path: Optional[str] = None,
        training_data_paths: Optional[Union[List[str], str]] = None,
        catalogue: str = "data",
        augment: Optional[Dict[str, float]] = None,
    ) -> None:
        """`catalogue` is the folder named in config.yml; Rasa's own paths are not used.
        `augment`: varied copies of each utterance by kind, see `nlu.augment.Augmenter`."""
        self._config_file = config_file
        self._folder = catalogue
        self._plan = augment or {}

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
        """Every trained utterance with its intent, marked values and utterance key; those of the
        development part, as held back; and the sentences of traits, which have no intent."""
        messages: List[Message] = []
        for learned in _training_set(self._folder, self._catalogue.hash, (*self._plan.items(),)):
            facts = {KEY: learned.key, **({HELD_BACK: True} if learned.development else {})}
            messages.append(_message(learned.intent, learned.utterance, facts))
            for copy in learned.copies:
                facts = {COPY: copy.kind, SOURCE: learned.utterance.text}
                messages.append(_message(learned.intent, copy, facts))
        for name, trait in self._catalogue.traits.items():
            for text, label, key in sentences(trait):
                facts = {TRAIT: name, LABEL: label, KEY: key}
                messages.append(TrainingMessage.build(text, example_metadata=facts))
        return TrainingData(messages)


@lru_cache(maxsize=1)
def _training_set(
    folder: str, content: str, plan: Tuple[Tuple[str, float], ...]
) -> Tuple[Learned, ...]:
    """Made once for the several importers that Rasa opens; `content` is the catalogue's hash."""
    return tuple(training_set(catalogue(folder), dict(plan)))


def _message(intent: str, example: Union[Utterance, Augmented], facts: Dict[str, Any]) -> Message:
    entities = [
        {
            "entity": mark.slot,
            "start": mark.start,
            "end": mark.end,
            "value": example.text[mark.start : mark.end],
            **({"role": mark.role} if mark.role else {}),
        }
        for mark in example.marks
    ]
    return TrainingMessage.build(example.text, intent, entities=entities, example_metadata=facts)
