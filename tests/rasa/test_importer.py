"""What the importer gives Rasa to train on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from rasa.shared.nlu.training_data.message import Message

from nlu.catalogue import shared_catalogue
from nlu.components.importer import CatalogueImporter
from nlu.components.project import catalogue
from nlu.components.training_message import COPY, HELD_BACK, KEY, SOURCE
from tests.catalogue.sample import PAY, write_sample
from tests.few_services import copied
from tests.rasa.conftest import FEW_SERVICES, environment


@pytest.fixture(scope="module", autouse=True)
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The importer reads a few services: what it makes of one does not depend on the others."""
    data = copied(tmp_path_factory.mktemp("few") / "data", FEW_SERVICES)
    with environment({"SEVA_DATA_DIR": str(data)}):
        yield


def facts(message: Message) -> dict[str, object]:
    return message.get("metadata")["example"]


def test_without_a_plan_only_the_catalogue_is_trained() -> None:
    messages = CatalogueImporter().get_nlu_data().intent_examples
    assert all(KEY in facts(m) and COPY not in facts(m) for m in messages)


def test_copies_are_told_from_what_the_catalogue_says() -> None:
    plain = CatalogueImporter().get_nlu_data().intent_examples
    data = CatalogueImporter(augment={"romanised": 1, "values": 1}).get_nlu_data().intent_examples
    copies = [m for m in data if COPY in facts(m)]
    assert {facts(m)[COPY] for m in copies} == {"romanised", "values"}
    assert len(data) - len(copies) == len(plain)
    assert all(KEY not in facts(m) for m in copies)
    key = {m.get("text"): facts(m)[KEY] for m in plain}
    copied = Counter(key[facts(m)[SOURCE]] for m in copies)
    assert copied["te"] > copied["en"] > 0  # `romanised` is of Telugu and Hindi only


def test_development_sentences_are_held_back_and_not_copied() -> None:
    """Nothing is learned from them; the learned ones are not marked."""
    data = CatalogueImporter(augment={"typing": 1}).get_nlu_data().intent_examples
    known = catalogue("data")
    intents = [*known.services.values(), *known.conversation.values()]
    expected = {u.text for i in intents for rows in i.development.values() for u in rows}
    held = [m for m in data if HELD_BACK in facts(m)]
    assert {m.get("text") for m in held} == expected and len(expected) > 200
    assert {facts(m)[KEY] for m in held} == {"te", "te-Latn", "hi", "hi-Latn", "en"}
    assert all(COPY not in facts(m) and facts(m).get(SOURCE) is None for m in held)
    assert not expected & {facts(m).get(SOURCE) for m in data}


def test_marked_values_of_copies_are_in_their_texts() -> None:
    data = CatalogueImporter(augment={"typing": 1, "values+speech": 1}).get_nlu_data()
    marked = [m for m in data.intent_examples if COPY in facts(m) and m.get("entities")]
    assert marked
    for message in marked:
        for entity in message.get("entities"):
            surface = message.get("text")[entity["start"] : entity["end"]]
            assert entity["value"] == surface != ""


def test_what_is_edited_during_a_training_belongs_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Model and manifest tell of one catalogue, whenever the data team saves a file."""
    folder = write_sample(tmp_path)
    monkeypatch.setenv("SEVA_DATA_DIR", str(folder))
    begun = catalogue("data")
    file = folder / PAY
    file.write_text(file.read_text("utf-8").replace("Which meter", "Which of the meters"), "utf-8")
    assert shared_catalogue(folder).services["bill_payment"] != begun.services["bill_payment"]
    assert catalogue("data") is begun
