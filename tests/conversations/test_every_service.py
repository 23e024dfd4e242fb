"""Services completed through Rasa and real processes: in `make test` as few as meet everything that
services are made of, begun in a citizen's own words; in `make nightly` every one, in each reply
language. `tests/services` completes every one without Rasa."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import pytest

from nlu.catalogue import Service
from tests.conversations.conftest import World
from tests.services.walk import CATALOGUE, Turn, choose, complete

KEYS = tuple(CATALOGUE.languages.keys)
IN_A_KEY = 6
"""At least so many services are completed by who writes in it."""


def parts(service: Service) -> frozenset[str]:
    """What a service is made of."""
    operation = CATALOGUE.operation_of(service)
    asked = [s for s in service.slots if s.required or (service.confirm and not s.volunteered)]
    return frozenset(
        {
            service.department,
            f"kind {service.kind}",
            f"for {operation.access if operation else None}",
            *(f"slot {slot.type.kind}" for slot in asked),
            *("left out" for slot in asked if not slot.required),
            *("suggested" for slot in asked if slot.suggested_by),
            *("offered" for slot in asked if slot.offered_by),
            *(["looked up"] if service.lookup else []),
            *(["issued"] if operation and operation.paper else []),
        }
    )


def few(services: Mapping[str, Service]) -> list[str]:
    """Names of services that together have all parts that there are; of those that add as many,
    the one with the fewest questions."""
    left = set().union(*map(parts, services.values()))
    chosen: list[str] = []
    while left:
        best = max(
            sorted(services),
            key=lambda name: (len(parts(services[name]) & left), -len(services[name].slots)),
        )
        chosen.append(best)
        left -= parts(services[best])
    return chosen


def in_keys(names: Iterable[str]) -> list[tuple[str, str]]:
    """Each service in as many keys as it takes, by turns."""
    chosen, turns = list(names), 0
    found: list[tuple[str, str]] = []
    while len(found) < IN_A_KEY * len(KEYS) or turns == 0:
        for at, name in enumerate(chosen):
            found.append((name, KEYS[(at + 2 * turns) % len(KEYS)]))
        turns += 1
    return found


CALLED_FIRST = CATALOGUE.traits["danger"].others.but
"""Who asks for these may be in danger, and reads whom to call before everything else."""
WHOM_TO_CALL = {
    words
    for label in CATALOGUE.traits["danger"].labels.values()
    for words in (label.reply or {}).values()
}
CASES = in_keys(
    few({name: one for name, one in CATALOGUE.services.items() if name not in CALLED_FIRST})
)


@pytest.mark.parametrize(("name", "key"), CASES)
def test_service_is_completed_in_own_words(world: World, name: str, key: str) -> None:
    service = CATALOGUE.services[name]
    turn = begun(world, service, f"own-{name}-{key}", key.partition("-")[0])
    said = min((u.text for u in service.utterances[key] if not u.marks), key=len)
    replies = turn(said, False)
    meant = [b.payload for reply in replies for b in reply.buttons if f'"{name}"' in b.payload]
    if meant:  # "which of these did you mean?"
        replies = turn(meant[0], True)
    ends_well(service, complete(service, key.partition("-")[0], replies, turn))


def test_few_services_have_all_parts_and_come_in_every_key() -> None:
    services = CATALOGUE.services
    assert set().union(*(parts(services[name]) for name, _ in CASES)) == set().union(
        *map(parts, services.values())
    )
    for key in KEYS:
        assert sum(one == key for _, one in CASES) >= IN_A_KEY
    assert len(set(CASES)) == len(CASES) < 60


PROCESSES = 8
"""The most that share the walk through all services; each has a world of its own."""
ALL = [
    pytest.param(name, marks=pytest.mark.xdist_group(f"services {number % PROCESSES}"))
    for number, name in enumerate(sorted(CATALOGUE.services))
]


@pytest.mark.nightly
@pytest.mark.parametrize("language", CATALOGUE.languages.reply)
@pytest.mark.parametrize("name", ALL)
def test_service_is_completed(world: World, name: str, language: str) -> None:
    service = CATALOGUE.services[name]
    # A bill that is being paid is told of to who began to pay it: that is one citizen.
    sender = f"complete-{name}" if service.lookup else f"complete-{name}-{language}"
    turn = begun(world, service, sender, language)
    if service.lookup:
        turn(f'/language{{"language": "{language}"}}', True)
    replies = turn(choose(service), True)
    ends_well(service, complete(service, language, replies, turn))


def begun(world: World, service: Service, sender: str, language: str) -> Turn:
    """The turns of a citizen at a department that is as on its first day."""
    if CATALOGUE.departments[service.department].called:
        world.reset(service.department)
    turns = 0

    def turn(text: str, tapped: bool) -> list[Any]:
        nonlocal turns
        turns += 1
        number = f"{sender}-{language}-{turns}"
        said = world.turn(text, sender, id=number, language=language, tapped=tapped)
        call = said[0].text in WHOM_TO_CALL if service.name in CALLED_FIRST else False
        return said[1:] if call else said

    return turn


def ends_well(service: Service, replies: Any) -> None:
    """A download ends with a document that can be fetched."""
    if service.kind == "download":
        document = next(reply.document for reply in replies if reply.document)
        pdf = httpx.get(document.url, trust_env=False)
        assert pdf.content.startswith(b"%PDF"), pdf.text[:100]
