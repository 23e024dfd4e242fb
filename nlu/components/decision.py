"""The last word on a message: route, clarify between services, converse, or out of scope."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message

from nlu.classifier.decision import Thresholds, decide
from nlu.components.project import catalogue

DECISION = "decision"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Decision(GraphComponent):
    """Sets `decision: {kind, options}` from the calibrated ranking."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Probabilities; how they were chosen is in docs/understanding.md."""
        return {"catalogue": "data", "route": 0.6, "reject": 0.35, "option": 0.08, "options": 3}

    def __init__(self, config: Dict[str, Any]) -> None:
        """Reads conversation intents and neighbours from the catalogue."""
        known = catalogue(config["catalogue"])
        self._conversation = frozenset(known.conversation)
        self._neighbours = {name: s.neighbours for name, s in known.services.items()}
        self._thresholds = Thresholds(
            float(config["route"]),
            float(config["reject"]),
            float(config["option"]),
            int(config["options"]),
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
            ranking = [(i["name"], i["confidence"]) for i in message.get("intent_ranking") or []]
            made = decide(ranking, self._conversation, self._neighbours, self._thresholds)
            value = {"kind": made.kind, "options": list(made.options)}
            message.set(DECISION, value, add_to_output=True)
        return messages
