"""What one citizen did is known to their next requests, through dialogue, journal and sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.talk.conversations import bubbles
from nlu.turn import Button, Reply
from tests.dialogue.talk import Talk
from tests.services.town import Town
from tests.services.walk import CATALOGUE, choose, complete

STATUS = {"te": "స్టేటస్", "hi": "स्टेटस", "en": "status"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    one = Town(tmp_path_factory.mktemp("town"))
    yield one
    one.close()


def done(town: Town, name: str, language: str) -> Talk:
    """A citizen who has completed a service."""
    service = CATALOGUE.services[name]
    town.reset(service.department)
    talk = town.talk(f"remembered-{name}-{language}", language)

    def turn(text: str, tapped: bool) -> list[Reply]:
        town.run(talk.tap(text, [Button("", text)]) if tapped else talk.say(text, key=language))
        return bubbles(talk.said)

    complete(service, language, turn(choose(service), True), turn)
    town.remembers(talk)
    return talk


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("income_certificate", "application", "certificate_application_status"),
        ("garbage_complaint", "complaint", "municipal_application_status"),
        ("electricity_supply_failure_complaint", "complaint", "electricity_complaint_status"),
        ("land_mutation", "mutation_application", "land_mutation_status"),
        ("electricity_name_change", "application", "electricity_application_status"),
    ],
)
def test_status_of_what_was_just_done(
    town: Town, name: str, kind: str, status: str, language: str
) -> None:
    """By one word, by its number alone, and when the service is chosen without a number."""
    talk = done(town, name, language)
    [given] = talk.memory.given
    assert (given.kind, given.service) == (kind, name)
    wanted = CATALOGUE.services[status].replies["in_progress"][language]
    told = max(wanted.replace("}", "{").split("{")[::2], key=len).strip()
    town.run(talk.say(STATUS[language], key=language))
    assert told in talk.text and given.number in talk.text
    town.run(talk.say(given.number, key=None))
    if talk.buttons:  # it can be downloaded as well
        town.run(talk.tap(status))
    assert told in talk.text
    town.run(
        talk.tap(
            choose(CATALOGUE.services[status]), [Button("", choose(CATALOGUE.services[status]))]
        )
    )
    assert told in talk.text and given.number in talk.text
    assert not talk.open


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_a_number_that_is_not_known_is_asked_again_and_found_by_the_phone(
    town: Town, language: str
) -> None:
    talk = town.talk(f"no-number-{language}", language)
    bill = {"intent": "electricity_bill_view", "kind": "route"}
    town.run(talk.say("bill 1123401009999", key=None, **bill))
    assert talk.state.asked == "service_number"
    town.run(talk.tap("lacking"))
    assert len(talk.buttons) > 1 and talk.state.asked == "service_number"
    town.run(talk.tap("6123401005678"))
    assert "845" in talk.text and not talk.open
