"""Every service of the catalogue is completed against the sandbox: in one reply language, which
goes round from service to service, and in `make nightly` in each."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from benchmarks.talk.conversations import bubbles
from nlu.turn import Button, Reply
from tests.services.town import Town
from tests.services.walk import CATALOGUE, choose, complete


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    one = Town(tmp_path_factory.mktemp("town"))
    yield one
    one.close()


LANGUAGES = CATALOGUE.languages.reply
CASES = [
    pytest.param(name, language, marks=[] if turn == at % len(LANGUAGES) else pytest.mark.nightly)
    for at, name in enumerate(sorted(CATALOGUE.services))
    for turn, language in enumerate(LANGUAGES)
]


@pytest.mark.parametrize(("name", "language"), CASES)
def test_service_is_completed(town: Town, name: str, language: str) -> None:
    service = CATALOGUE.services[name]
    town.reset(service.department)
    # A bill that is being paid is told of to who began to pay it: that is one citizen.
    talk = town.talk(f"{name}" if service.lookup else f"{name}-{language}", language)

    def turn(text: str, tapped: bool) -> list[Reply]:
        took = talk.tap(text, [Button("", text)]) if tapped else talk.say(text, key=language)
        town.run(took)
        return bubbles(talk.said)

    replies = complete(service, language, turn(choose(service), True), turn)
    if service.kind == "download":
        document = next(reply.document for reply in replies if reply.document)
        pdf = town.fetch(urlsplit(document.url).path)
        assert pdf.content.startswith(b"%PDF"), pdf.text[:100]
