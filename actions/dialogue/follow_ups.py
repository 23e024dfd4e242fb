"""What may be done next about the same thing: buttons under the reply of an outcome."""

from __future__ import annotations

from collections.abc import Mapping

from actions.dialogue.say import Button, payload
from nlu.catalogue import Catalogue, Service
from nlu.slots.kind import kind_of


def buttons(
    catalogue: Catalogue, service: Service, outcome: str, known: Mapping[str, str], language: str
) -> tuple[Button, ...]:
    """A button for each of the service's `follow_ups`, with the number that both are about.

    `known` are values and result fields by name; also for an answer that came later.
    """
    found = (catalogue.services[name] for name in service.follow_ups.get(outcome, ()))
    return tuple(
        Button(other.menu[language], payload("choose", service=other.name, **_about(other, known)))
        for other in found
    )


def _about(service: Service, known: Mapping[str, str]) -> dict[str, str]:
    """The first number that the service asks for, if it is known."""
    numbers = (slot.name for slot in service.slots if kind_of(slot.type).names_record)
    return next(({"value": known[name]} for name in numbers if known.get(name)), {})
