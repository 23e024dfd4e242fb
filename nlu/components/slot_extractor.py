"""Slot values in a free message: formats by pattern and checksum, places by gazetteer.

Looks for the slots of one service at a time, so that a bare number is read as that service's
number: of the service ranked first, and of those that the decision takes for meant. For
conversation intents nothing is looked for.
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
from nlu.components.decision import DECISION
from nlu.components.project import catalogue
from nlu.components.sentence_encoder import TAGGER
from nlu.slots import extract_for_service, prepare
from nlu.slots.answer import read_value

SLOTS = "slots"


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
        """Sets `entities`, those of the service ranked first, and `slots`: values by service and
        slot, of each service that the decision takes for meant. A citizen who is asked which one
        they meant is not asked again for what they said."""
        today = datetime.now(self._zone).date()
        for message in messages:
            text, earlier = message.get(TEXT), message.get(ENTITIES, [])
            if not text:
                continue
            tagged = [e for e in earlier if e["extractor"] == TAGGER]
            first = (message.get("intent") or {}).get("name") or ""
            meant = (message.get(DECISION) or {}).get("options", [])
            found = {
                name: self._found(text, self._catalogue.services[name], tagged, today)
                for name in dict.fromkeys([first, *meant])
                if name in self._catalogue.services
            }
            others = [e for e in earlier if e["extractor"] != TAGGER] if first in found else []
            if first in found or earlier:
                message.set(ENTITIES, others + found.get(first, []), add_to_output=True)
            slots = {name: {e["entity"]: e["value"] for e in found[name]} for name in meant}
            message.set(SLOTS, slots, add_to_output=True)
        return messages

    def _found(
        self, text: str, service: Service, tagged: List[Dict[str, Any]], today: date
    ) -> List[Dict[str, Any]]:
        found = self._entities(text, service, today)
        return found + self._learned(text, service, tagged, found, today)

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
