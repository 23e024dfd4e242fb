"""What was out of scope and is a service now is found by the sentences that were refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue import load_catalogue
from nlu.fast_yaml import load_yaml
from tests.rasa.conftest import Town

FILE = Path(__file__).with_name("formerly_out_of_scope.yml")
SAID = [
    (service, text)
    for service, texts in load_yaml(FILE.read_text("utf-8")).items()
    for text in texts
]


@pytest.mark.parametrize(("service", "text"), SAID)
def test_it_is_found(town: Town, service: str, text: str) -> None:
    decision = town.run(town.engine.parse(text))["decision"]
    assert decision["options"], decision
    assert decision["options"][0]["service"] == service


def test_none_of_them_is_learned() -> None:
    services = load_catalogue(FILE.parents[2] / "data").services
    learned = {
        utterance.text
        for service in services.values()
        for some in service.utterances.values()
        for utterance in some
    }
    assert not learned & {text for _, text in SAID}
