"""The last word on a message: route, clarify between services, converse, or out of scope."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Tuple
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.classifier.decision import OUT_OF_SCOPE, Thresholds, decide
from nlu.classifier.decision import Decision as Made
from nlu.components.project import catalogue
from nlu.slots import extract
from nlu.slots.kind import kind_of
from nlu.text.script import dominant

DECISION = "decision"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Decision(GraphComponent):
    """Sets `decision: {kind, options}` from the calibrated ranking."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Probabilities; how they were chosen is in docs/understanding.md."""
        return {
            "catalogue": "data",
            "route": 0.75,
            "reject": 0.5,
            "option": 0.02,
            "options": 3,
            "refuse": 0.4,
            "timezone": "Asia/Kolkata",
        }

    def __init__(self, config: Dict[str, Any]) -> None:
        """Reads conversation intents and neighbours from the catalogue."""
        known = self._catalogue = catalogue(config["catalogue"])
        self._zone = ZoneInfo(config["timezone"])
        self._conversation = frozenset(known.conversation)
        self._neighbours = {name: s.neighbours for name, s in known.services.items()}
        self._thresholds = Thresholds(
            float(config["route"]),
            float(config["reject"]),
            float(config["option"]),
            int(config["options"]),
            float(config["refuse"]),
        )

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Decision:
        """Creates the component (see GraphComponent)."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Decides for each message that was ranked."""
        for message in messages:
            text = message.get(TEXT) or ""
            ranking = [(i["name"], i["confidence"]) for i in message.get("intent_ranking") or []]
            if dominant(text):
                made = decide(ranking, self._conversation, self._neighbours, self._thresholds)
            else:
                made = self._without_words(text, ranking)
            value = {"kind": made.kind, "options": list(made.options)}
            message.set(DECISION, value, add_to_output=True)
        return messages

    def _without_words(self, text: str, ranking: List[Tuple[str, float]]) -> Made:
        """A bare number: ask which service it is for, if its format tells; never act on it."""
        today = datetime.now(self._zone).date()
        types = [t for t in self._catalogue.slot_types.values() if kind_of(t).names_record]
        found = {f.slot_type for f in extract(text, types, today=today, catalogue=self._catalogue)}
        fitting = [
            name
            for name, service in self._catalogue.services.items()
            if any(slot.type.name in found for slot in service.slots)
        ]
        probability = dict(ranking)
        fitting.sort(key=lambda name: -probability.get(name, 0.0))
        if not fitting:
            return Made(OUT_OF_SCOPE)
        return Made("clarify", tuple(fitting[: self._thresholds.options]))
