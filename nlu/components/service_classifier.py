"""Ranks services and conversation intents: sentence vector beside character n-grams.

The n-grams see the message four ways: as written, folded to a phonetic spelling that Telugu,
Devanagari and Latin text share, that spelling across word borders, and as a consonant skeleton
(what a transcript of speech keeps). Probabilities are calibrated on messages that nothing was
learned from: the catalogue's development sentences or, without any, a share of its utterances.

What was spoken and written down by a speech model is ranked by machines of its own
(`nlu.classifier.transcripts`), where held-back sentences were read aloud.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.augment import Augmenter
from nlu.catalogue.model import Utterance
from nlu.classifier import hinge, linear, stacking, views
from nlu.classifier.place_mentions import PlaceMentions
from nlu.classifier.transcripts import TranscriptModel
from nlu.components.fine_tuning import facts, held_back, share_of
from nlu.components.language_identifier import LANGUAGE
from nlu.components.project import catalogue, code_fingerprint, readings_fingerprint
from nlu.components.sentence_encoder import SentenceEncoder, intent_logits, sentence_vector
from nlu.components.training_message import COPY, HELD_BACK, KEY

DEVELOPMENT = "development.npz"
_READINGS = {"heard": 4}  # of a held-back sentence at most, by different voices
_LATIN = "Latn"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ServiceClassifier(IntentClassifier, GraphComponent):
    """Linear machines over all services and conversation intents."""

    @classmethod
    def required_components(cls) -> List[type]:
        """The sentence vector must be there."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`cost` of an utterance on the wrong side; `views`: n-gram lengths per view;
        `dense_weight` scales the vector against them; `development`: the share held back where
        the catalogue holds back nothing itself; `spoken`, if not empty: machines for transcripts in
        Latin letters of what was spoken in `languages`. They learn `copies` of utterances by kind
        and, as they are, those of `keys`; `lowered`: by how much an intent's score is lowered."""
        return {
            "catalogue": "data",
            "cost": 0.2,
            "dense_weight": 3.0,
            "views": {
                "written": [2, 5],
                "folded": [2, 4],
                "skeleton": [2, 4],
                "phrase": [3, 5],
            },
            "spoken": {},
            "development": 0.1,
            "ranking_length": 10,
        }

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[linear.LinearModel] = None,
        stacked: Optional[stacking.Stacking] = None,
        transcripts: Optional[TranscriptModel] = None,
    ) -> None:
        """`model` is None until trained or loaded, `stacked` where the encoder is frozen,
        `transcripts` where nobody has read held-back sentences aloud."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model
        self._stacking = stacked
        self._transcripts = transcripts
        self._places = PlaceMentions.of(catalogue(config["catalogue"]))

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ServiceClassifier:
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
    ) -> ServiceClassifier:
        """Loads the trained component."""
        with model_storage.read_from(resource) as folder:
            model = linear.LinearModel.load(folder / "services.npz")
            weights = json.loads((folder / "facts.json").read_text("utf-8")).get("stacking")
            transcripts = TranscriptModel.load(folder)
        stacked = stacking.Stacking(**weights) if weights else None
        return cls(config, model_storage, resource, model, stacked, transcripts)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Other code beneath or other transcripts mean a new training."""
        folder = config.get("catalogue", cls.get_default_config()["catalogue"])
        return code_fingerprint() + readings_fingerprint(folder)

    def train(self, training_data: TrainingData) -> Resource:
        """Calibrates on the held-back examples, under a model that has not learned from them.

        Where the encoder was fine-tuned, its logits are weighed against the n-grams' scores.
        """
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        tuned = intent_logits(examples[0]) is not None
        held = self._held_back(examples)
        messages = [m for m, out in zip(examples, held) if out and COPY not in facts(m)]
        learned = [m for m, out in zip(examples, held) if not out]
        self._model = self._fit(learned, dense=not tuned)
        probabilities = self._calibrate(messages, tuned=tuned)
        if not any(HELD_BACK in facts(m) for m in examples):  # they are the catalogue's utterances
            again = self._fit(examples, dense=not tuned)
            self._model = replace(again, temperature=self._model.temperature)
        self._learn_transcripts([m for m in learned if COPY not in facts(m)], messages)
        with self._storage.write_to(self._resource) as folder:
            self._save(folder)
            np.savez_compressed(
                folder / DEVELOPMENT,
                labels=np.asarray(self._model.labels),
                probabilities=probabilities.astype(np.float16),
                truth=np.asarray([m.get(INTENT) for m in messages]),
                key=np.asarray([str(facts(m).get(KEY, "")) for m in messages]),
            )
        return self._resource

    def _held_back(self, examples: List[Message]) -> List[bool]:
        """Marked ones or, without any, a share; never the last of an intent."""
        share = share_of(examples, float(self._config["development"]))
        held = [held_back(m, share) for m in examples]
        known = {m.get(INTENT) for m, out in zip(examples, held) if not out}
        return [out and m.get(INTENT) in known for m, out in zip(examples, held)]

    def _fit(self, examples: List[Message], *, dense: bool) -> linear.LinearModel:
        labels = [m.get(INTENT) for m in examples]
        settings = hinge.Settings(cost=float(self._config["cost"]))
        return linear.fit(self._rows(examples, dense=dense), labels, settings)

    def _calibrate(self, messages: List[Message], *, tuned: bool) -> np.ndarray:
        """Sets the temperature or, if there is a network, the weights of the two; the
        probabilities (messages, labels) that `messages` then get."""
        assert self._model is not None
        if not messages:
            return np.zeros((0, len(self._model.labels)), np.float32)
        scores = linear.score_rows(self._model, self._rows(messages, dense=not tuned))
        truth = [m.get(INTENT) for m in messages]
        if not tuned:
            self._model = linear.calibrate(self._model, scores, truth)
            return linear.softmax(scores / self._model.temperature)
        logits = np.stack([found for m in messages if (found := intent_logits(m)) is not None])
        places = {label: i for i, label in enumerate(self._model.labels)}
        self._stacking = stacking.fit(logits, scores, [places[name] for name in truth])
        return self._stacking.probabilities(logits, scores)

    def _learn_transcripts(self, learned: List[Message], held: List[Message]) -> None:
        """Machines of transcripts, calibrated on those of held-back sentences; none without."""
        settings = self._config["spoken"]
        if not settings:
            return
        read, intents = self._copies(held, _READINGS)
        if not read:
            return
        texts, truth = self._copies(learned, settings["copies"])
        plain = [m for m in learned if facts(m).get(KEY) in settings["keys"]]
        model = TranscriptModel.fit(
            texts + [m.get(TEXT) for m in plain],
            truth + [m.get(INTENT) for m in plain],
            settings["views"],
            float(settings["cost"]),
            settings.get("lowered"),
            workers=os.cpu_count() or 1,
        )
        known = [(text, name) for text, name in zip(read, intents) if name in model.labels]
        self._transcripts = model.calibrated(*zip(*known)) if known else None

    def _copies(
        self, messages: List[Message], plan: Mapping[str, float]
    ) -> Tuple[List[str], List[str]]:
        """Copies of messages in the languages that are spoken, and their intents."""
        augmenter = Augmenter(catalogue(self._config["catalogue"]), {}, plan)
        texts: List[str] = []
        intents: List[str] = []
        for message in messages:
            key = str(facts(message).get(KEY, ""))
            if key not in self._config["spoken"]["languages"]:
                continue
            copies = augmenter.copies(Utterance(message.get(TEXT), (), 0), key)
            texts += [copy.text for copy in copies]
            intents += [message.get(INTENT)] * len(copies)
        return texts, intents

    def _save(self, folder: Path) -> None:
        assert self._model is not None
        if self._transcripts is not None:
            self._transcripts.save(folder)
        self._model.save(folder / "services.npz")
        found: Dict[str, Any] = {
            "labels": len(self._model.labels),
            "temperature": self._model.temperature,
        }
        if self._stacking is not None:
            found["stacking"] = {
                "network": self._stacking.network,
                "ngrams": self._stacking.ngrams,
            }
        (folder / "facts.json").write_text(json.dumps(found), "utf-8")

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `intent` and `intent_ranking` (calibrated, best first)."""
        assert self._model is not None
        for message in messages:
            if not message.get(TEXT):
                continue
            labels = self._model.labels
            spoken = self._spoken(message)
            if self._transcripts is not None and spoken:
                labels = self._transcripts.labels
                probabilities = self._transcripts.probabilities(spoken)
            else:
                probabilities = self._probabilities(message)
            order = np.argsort(-probabilities)[: int(self._config["ranking_length"])]
            ranking = [{"name": labels[i], "confidence": float(probabilities[i])} for i in order]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _spoken(self, message: Message) -> List[str]:
        """All that a speech model wrote of a message; nothing where it was not spoken in one of
        the languages, or is written in the language's own script."""
        told = message.get("metadata") or {}
        script = (message.get(LANGUAGE) or {}).get("script")
        languages = self._config["spoken"].get("languages", ())
        if told.get("spoken") not in languages or script != _LATIN:
            return []
        return [message.get(TEXT), *(told.get("others") or ())]

    def _probabilities(self, message: Message) -> np.ndarray:
        assert self._model is not None
        hashed = self._hashed(message.get(TEXT))
        if self._stacking is not None:
            logits = intent_logits(message)
            assert logits is not None
            nothing = np.zeros(0, np.float32)
            return self._stacking.probabilities(logits, self._model.scores(nothing, hashed))
        dense = sentence_vector(message) * float(self._config["dense_weight"])
        return self._model.probabilities(dense, hashed)

    def _rows(self, messages: List[Message], *, dense: bool) -> linear.Rows:
        vectors = np.zeros((len(messages), 0), np.float32)
        if dense:
            vectors = np.stack([sentence_vector(m) for m in messages])
        texts = [m.get(TEXT) for m in messages]
        cores = os.cpu_count() or 1  # training has the machine to itself
        hashed = views.matrix(texts, self._config["views"], self._places, workers=cores)
        return vectors * float(self._config["dense_weight"]), hashed

    def _hashed(self, text: str) -> Tuple[np.ndarray, np.ndarray]:
        return views.hashed(text, self._config["views"], self._places)
