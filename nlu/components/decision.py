"""The last word on a message: route, clarify between services, converse, or out of scope; which
facts of a service it asks about; whether somebody is in danger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import exp
from typing import Any, Dict, List, Optional, Tuple
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.classifier import traits
from nlu.classifier.decision import OUT_OF_SCOPE, Thresholds, decide, outside_in
from nlu.classifier.decision import Decision as Made
from nlu.components.project import catalogue
from nlu.components.trait_classifier import TRAITS
from nlu.slots import extract
from nlu.slots.kind import kind_of
from nlu.text.script import dominant

DECISION, ABOUT, FACTS, ELSEWHERE = "decision", "about", "facts", "elsewhere"
DANGER, DANGER_DOUBT = "danger", "danger_in_doubt"
DANGER_AGAINST = "danger_against"
_NUMBERS = (ELSEWHERE, ABOUT, FACTS, DANGER, DANGER_DOUBT, DANGER_AGAINST)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Decision(GraphComponent):
    """Sets `decision` from the calibrated probabilities: `kind` and `options`; `about`, the facts
    asked about; `danger`, the kind of it or None, and `danger_in_doubt`; `elsewhere`, the intent of
    `talk/elsewhere.yml` whose reply says where that is done which is out of scope, or None."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Probabilities; how they were chosen is in docs/understanding.md. `facts`: a fact is asked
        about from this share of the likeliest one's probability. `danger_against`: log odds that a
        service takes from danger as it gets certain: a complaint about a burst pipe is no flood."""
        return {
            "catalogue": "data",
            "route": 0.75,
            "reject": 0.5,
            "option": 0.02,
            "options": 3,
            "refuse": 0.4,
            "elsewhere": 0.2,
            "about": 0.5,
            "facts": 0.3,
            "danger": 0.12,
            "danger_in_doubt": 0.05,
            "danger_against": 2.5,
            "timezone": "Asia/Kolkata",
        }

    def __init__(self, config: Dict[str, Any]) -> None:
        """Reads conversation intents and neighbours from the catalogue."""
        known = self._catalogue = catalogue(config["catalogue"])
        self._zone = ZoneInfo(config["timezone"])
        self._conversation = frozenset(known.conversation)
        self._elsewhere = frozenset(n for n, one in known.conversation.items() if one.elsewhere)
        self._labels = {name: tuple(trait.labels) for name, trait in known.traits.items()}
        self._from = {name: float(config[name]) for name in _NUMBERS}
        danger = known.traits.get(DANGER)
        self._calm = frozenset(known.services) - set(danger.others.but if danger else ())
        self._tells = {name: s.tells for name, s in known.services.items()}
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
            folded = outside_in(ranking, self._elsewhere)
            if dominant(text) or not any(c.isdecimal() for c in text):
                made = decide(folded, self._conversation, self._neighbours, self._thresholds)
            else:
                made = self._without_words(text, ranking)
            probable = message.get(TRAITS) or {}
            value = {
                "kind": made.kind,
                "options": list(made.options),
                ABOUT: self._about(probable.get(ABOUT, {}), ranking),
                **self._danger(probable.get(DANGER, {}), ranking),
                ELSEWHERE: self._where(ranking) if made.kind == OUT_OF_SCOPE else None,
            }
            message.set(DECISION, value, add_to_output=True)
        return messages

    def _about(
        self, probable: Mapping[str, float], ranking: Sequence[Tuple[str, float]]
    ) -> List[str]:
        """The facts that are asked about, as the trait lists them; none where the service that is
        likeliest tells the likeliest of them."""
        if _probability(traits.presence(probable)) < self._from[ABOUT]:
            return []
        asked = [label for label in self._labels[ABOUT] if label in probable]
        likeliest = max(asked, key=lambda label: probable[label])
        service, probability = ranking[0] if ranking else ("", 0.0)
        if likeliest in self._tells.get(service, ()) and probability >= self._thresholds.reject:
            return []
        least = self._from[FACTS] * probable[likeliest]
        return [label for label in asked if probable[label] >= least]

    def _danger(
        self, probable: Mapping[str, float], ranking: Sequence[Tuple[str, float]]
    ) -> Dict[str, Any]:
        """The likeliest kind of danger, if there may be any, and whether that is in doubt. A
        service that is asked for in danger, such as a report of violence, is no sign of calm."""
        service = max((p for name, p in ranking if name in self._calm), default=0.0)
        against = self._from[DANGER_AGAINST] * service
        there_is = _probability(traits.presence(probable) - against)
        if there_is < self._from[DANGER_DOUBT]:
            return {DANGER: None, DANGER_DOUBT: False}
        kinds = [label for label in self._labels[DANGER] if label in probable]
        likeliest = max(kinds, key=lambda kind: probable[kind])
        return {DANGER: likeliest, DANGER_DOUBT: there_is < self._from[DANGER]}

    def _where(self, ranking: List[Tuple[str, float]]) -> Optional[str]:
        """The likeliest intent of what is done elsewhere, where it is likely enough."""
        for name, probability in ranking:
            if name in self._elsewhere:
                return name if probability >= self._from[ELSEWHERE] else None
        return None

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


def _probability(log_odds: float) -> float:
    return 1 / (1 + exp(-log_odds))
