"""What the importer gives Rasa to train on."""

from __future__ import annotations

from collections import Counter

from rasa.shared.nlu.training_data.message import Message

from nlu.components.importer import CatalogueImporter
from nlu.components.training_example import COPIED, COPY, KEY


def facts(message: Message) -> dict[str, object]:
    return message.get("metadata")["example"]


def test_without_a_plan_only_the_catalogue_is_trained() -> None:
    messages = CatalogueImporter().get_nlu_data().intent_examples
    assert all(KEY in facts(m) and COPIED not in facts(m) for m in messages)


def test_copies_are_told_from_what_the_catalogue_says() -> None:
    plain = CatalogueImporter().get_nlu_data().intent_examples
    data = CatalogueImporter(augment={"romanised": 1, "values": 1}).get_nlu_data().intent_examples
    copies = [m for m in data if COPY in facts(m)]
    assert {facts(m)[COPY] for m in copies} == {"romanised", "values"}
    assert len(data) - len(copies) == len(plain)
    assert all(KEY not in facts(m) for m in copies)
    copied = Counter(facts(m).get(KEY) for m in data if COPIED in facts(m))
    assert copied["te"] == sum(facts(m).get(KEY) == "te" for m in plain)
    assert 0 < copied["en"] < sum(facts(m).get(KEY) == "en" for m in plain)


def test_marked_values_of_copies_are_in_their_texts() -> None:
    data = CatalogueImporter(augment={"typing": 1, "values+speech": 1}).get_nlu_data()
    marked = [m for m in data.intent_examples if COPY in facts(m) and m.get("entities")]
    assert marked
    for message in marked:
        for entity in message.get("entities"):
            surface = message.get("text")[entity["start"] : entity["end"]]
            assert entity["value"] == surface != ""
