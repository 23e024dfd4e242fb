"""Slot values in a free message: formats by pattern and checksum, places by gazetteer.

It looks for the slots of the service that is ranked first, so that a bare number is read as that
service's number. For conversation intents it looks for nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Dict, List
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.catalogue import Service
from nlu.components.project import catalogue
from nlu.components.sentence_encoder import TAGGER
from nlu.slots import extract_for_service, prepare
from nlu.slots.answer import read_value


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SlotExtractor(GraphComponent, EntityExtractorMixin):
    """Adds entities named after the service's slots."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`timezone` decides what "tomorrow" means. `learned` is the least probability from which
        a value counts that the network of profile `full` tagged."""
        return {"catalogue": "data", "timezone": "Asia/Kolkata", "learned": 0.6}

    def __init__(self, config: Dict[str, Any]) -> None:
        """Loads the catalogue and compiles its gazetteers."""
        self._catalogue = catalogue(config["catalogue"])
        self._zone = ZoneInfo(config["timezone"])
        self._learned_from = float(config["learned"])
        prepare(self._catalogue, datetime.now(self._zone).date())

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SlotExtractor:
        """Creates the component (see GraphComponent)."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Extracts from each message."""
        today = datetime.now(self._zone).date()
        for message in messages:
            intent = (message.get("intent") or {}).get("name") or ""
            service = self._catalogue.services.get(intent)
            if service is not None and message.get(TEXT):
                found = self._entities(message.get(TEXT), service, today)
                earlier = message.get(ENTITIES, [])
                tagged = [e for e in earlier if e["extractor"] == TAGGER]
                others = [e for e in earlier if e["extractor"] != TAGGER]
                found += self._learned(message.get(TEXT), service, tagged, found, today)
                message.set(ENTITIES, others + found, add_to_output=True)
            elif message.get(ENTITIES):  # the network tagged values, but no service is meant
                message.set(ENTITIES, [], add_to_output=True)
        return messages

    def _learned(
        self,
        text: str,
        service: Service,
        tagged: List[Dict[str, Any]],
        found: List[Dict[str, Any]],
        today: date,
    ) -> List[Dict[str, Any]]:
        """Values that the network tagged, for slots of the service that no rule filled."""
        slots = {slot.name: slot for slot in service.slots}
        taken = {entity["entity"] for entity in found}
        kept = []
        for entity in sorted(tagged, key=lambda e: -e["confidence_entity"]):
            slot = slots.get(entity["entity"])
            clear = all(e["end"] <= entity["start"] or e["start"] >= entity["end"] for e in found)
            sure = entity["confidence_entity"] >= self._learned_from
            if slot is None or slot.name in taken or not clear or not sure:
                continue
            raw = text[entity["start"] : entity["end"]]
            read = read_value(slot.type, raw, today=today, catalogue=self._catalogue)
            if read is None:
                continue
            taken.add(slot.name)
            end = entity["start"] + len(read.raw)
            kept.append(
                {
                    **entity,
                    "value": read.value,
                    "raw": read.raw,
                    "end": end,
                    "role": slot.role,
                }
            )
        return sorted(kept, key=lambda e: e["start"])

    def _entities(self, text: str, service: Any, today: date) -> List[Dict[str, Any]]:
        return [
            {
                "entity": found.slot,
                "value": found.value,
                "start": found.start,
                "end": found.end,
                "raw": found.raw,
                "role": found.role,
                "extractor": "SlotExtractor",
                "confidence_entity": found.confidence,
            }
            for found in extract_for_service(text, service, today=today, catalogue=self._catalogue)
        ]
