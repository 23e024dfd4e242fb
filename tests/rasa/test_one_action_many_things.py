"""The status of every certificate is one service: naming the certificate does not apply for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.fast_yaml import load_yaml
from tests.rasa.conftest import Town

FILE = Path(__file__).with_name("one_action_many_things.yml")
SAID = [
    (service, text)
    for service, texts in load_yaml(FILE.read_text("utf-8")).items()
    for text in texts
]


@pytest.mark.parametrize(("service", "text"), SAID)
def test_the_action_decides(town: Town, service: str, text: str) -> None:
    decision = town.run(town.engine.parse(text))["decision"]
    assert decision["options"], decision
    assert decision["options"][0]["service"] == service
