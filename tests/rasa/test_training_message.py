"""The quick training example behaves as Rasa's own message."""

from __future__ import annotations

import copy

from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.training_message import TrainingMessage

GIVEN = {
    "text": "కరెంటు బిల్లు 1234",
    "intent": "electricity_bill_view",
    "entities": [{"entity": "scno", "start": 14, "end": 18, "value": "1234"}],
    "example_metadata": {"key": "te"},
}


def test_equal_to_the_message_of_the_same_content() -> None:
    """The fingerprint, by which Rasa drops duplicates and finds its cache, is the same."""
    assert TrainingMessage.build(**GIVEN).fingerprint() == Message.build(**GIVEN).fingerprint()


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
