"""A training example that Rasa's importers can pass on cheaply.

On its way from the importer to the pipeline Rasa merges the training data nine times; each merge
copies every example deeply and fingerprints it anew, because cleaning sets the intent to what it
already is. After each component all are fingerprinted again, value by value. For 20,000 examples
that took longer than the classifier.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Optional

from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.utils.io import deep_container_fingerprint


class TrainingMessage(Message):
    """A `Message` that keeps its fingerprint while nothing changes, and copies quickly."""

    _cached_fingerprint: Optional[str]

    def set(self, prop: str, info: Any, add_to_output: bool = False) -> None:
        """As `Message.set`; setting a text to what it is changes nothing."""
        if isinstance(info, str) and not add_to_output and self.data.get(prop) == info:
            return
        super().set(prop, info, add_to_output)

    def fingerprint(self) -> str:
        """A hash of data and features, as `Message.fingerprint` but made in one go."""
        if self._cached_fingerprint is None:
            whole = json.dumps([self.data, self.features], sort_keys=True, default=_described)
            self._cached_fingerprint = hashlib.md5(whole.encode()).hexdigest()
        return self._cached_fingerprint

    def __deepcopy__(self, seen: Optional[Dict[int, Any]] = None) -> TrainingMessage:
        """A copy that shares only what cannot change, and features, which nobody changes."""
        copied = TrainingMessage(time=self.time, features=list(self.features))
        copied.data = {name: _copied(value) for name, value in self.data.items()}
        copied.output_properties = set(self.output_properties)
        copied._cached_fingerprint = self._cached_fingerprint
        return copied


def _described(value: Any) -> Any:
    """What `json` can write of tokens, features and whatever else a component leaves."""
    if isinstance(value, Token):
        return [value.text, value.start, value.end, value.lemma, value.data]
    if isinstance(value, Features) and value.is_dense():
        content = hashlib.md5(value.features.tobytes()).hexdigest()
        return [value.type, value.attribute, value.origin, value.features.shape, content]
    return deep_container_fingerprint(value)


def _copied(value: Any) -> Any:
    """Lists and dictionaries anew, all the way down; the rest as it is."""
    if isinstance(value, dict):
        return {name: _copied(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner) for inner in value]
    return value


KEY = "key"
COPY = "copy"  # how a varied copy was made, such as "romanised"
SOURCE = "source"  # the text of the utterance that a copy was made of
TRAIT = "trait"  # of which trait an example without an intent is
LABEL = "label"  # and which label it has there
HELD_BACK = "held_back"  # true where nothing is learned from the example, which calibrates
