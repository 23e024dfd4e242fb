"""Every service of the catalogue is completed in each reply language, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from actions.dialogue.say import Button, Say
from tests.services.town import Town
from tests.services.walk import CATALOGUE, choose, complete


@dataclass(frozen=True)
class Tappable:
    """A button by the id that it has on the phone."""

    id: str


@dataclass(frozen=True)
class Shown:
    """What was said, as the engine would give it."""

    text: str
    buttons: Sequence[Tappable]
    document: Any


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    one = Town(tmp_path_factory.mktemp("town"))
    yield one
    one.close()


def shown(said: Sequence[Say]) -> list[Shown]:
    """One bubble for texts that follow each other, as the engine makes it."""
    text = "\n\n".join(one.text for one in said)
    buttons = [Tappable(button.payload) for one in said for button in one.buttons]
    return [Shown(text, buttons, next((o.document_url for o in said if o.document_url), None))]


@pytest.mark.parametrize("language", CATALOGUE.languages.reply)
@pytest.mark.parametrize("name", sorted(CATALOGUE.services))
def test_service_is_completed(town: Town, name: str, language: str) -> None:
    service = CATALOGUE.services[name]
    town.fetch(f"/__reset/{service.department}", "POST")
    # A bill that is being paid is told of to who began to pay it: that is one citizen.
    talk = town.talk(f"{name}" if service.lookup else f"{name}-{language}", language)

    def turn(text: str, tapped: bool) -> list[Shown]:
        took = talk.tap(text, [Button("", text)]) if tapped else talk.say(text, key=language)
        town.run(took)
        return shown(talk.said)

    replies = complete(service, language, turn(choose(service), True), turn)
    if service.kind == "download":
        pdf = town.fetch(urlsplit(replies[0].document).path)
        assert pdf.content.startswith(b"%PDF"), pdf.text[:100]
