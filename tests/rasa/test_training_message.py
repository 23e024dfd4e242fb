"""The quick training example behaves as Rasa's own message."""

from __future__ import annotations

import copy

import numpy as np
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.training_message import TrainingMessage

GIVEN = {
    "text": "కరెంటు బిల్లు 1234",
    "intent": "electricity_bill_view",
    "entities": [{"entity": "scno", "start": 14, "end": 18, "value": "1234"}],
    "example_metadata": {"key": "te"},
}


def features(number: float) -> Features:
    return Features(np.full((1, 3), number, np.float32), "sentence", "text", "encoder")


def test_content_decides_the_fingerprint() -> None:
    """By it Rasa drops duplicates and finds its cache: tokens and vectors count as well."""

    def made(end: int = 8, number: float = 1.0, **changes: str) -> str:
        message = TrainingMessage.build(**{**GIVEN, **changes})
        message.set("text_tokens", [Token("కరెంటు", 0, end)])
        message.add_features(features(number))
        return message.fingerprint()

    assert made() == made()
    others = {made(end=7), made(number=2.0), made(text="బిల్లు"), made(intent="ror_1b")}
    assert len(others | {made()}) == 5


def test_anything_a_component_leaves_can_be_fingerprinted() -> None:
    message = TrainingMessage.build(**GIVEN)
    before = message.fingerprint()
    message.set("numbers", {"share": np.float32(0.5), "set": {1}})
    assert message.fingerprint() != before


def test_fingerprint_follows_every_change() -> None:
    message = TrainingMessage.build(**GIVEN)
    before = message.fingerprint()
    message.set("intent", GIVEN["intent"])
    assert message.fingerprint() == before
    message.set("intent", "ror_1b")
    changed = message.fingerprint()
    assert changed != before
    message.set("entities", [])
    assert message.fingerprint() not in (before, changed)


def test_an_output_is_set_as_ever() -> None:
    message = TrainingMessage.build(**GIVEN)
    message.set("intent", GIVEN["intent"], add_to_output=True)
    assert "intent" in message.output_properties


def test_copies_are_independent() -> None:
    """Lists and dictionaries inside, too."""
    message = TrainingMessage.build(**GIVEN)
    copied = copy.deepcopy(message)
    assert isinstance(copied, TrainingMessage)
    assert copied == message
    copied.get("entities")[0]["value"] = "9999"
    copied.get("metadata")["example"]["key"] = "hi"
    copied.output_properties.add("more")
    assert message.get("entities")[0]["value"] == "1234"
    assert message.get("metadata")["example"]["key"] == "te"
    assert "more" not in message.output_properties


def test_merging_keeps_them_all_once() -> None:
    """As Rasa's importers do it."""
    messages = [TrainingMessage.build(**GIVEN), TrainingMessage.build("bill", "ror_1b")]
    merged = TrainingData().merge(TrainingData(messages)).merge(TrainingData(messages))
    assert [m.get("text") for m in merged.training_examples] == [GIVEN["text"], "bill"]
    assert all(isinstance(m, TrainingMessage) for m in merged.training_examples)
