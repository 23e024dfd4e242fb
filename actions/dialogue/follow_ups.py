"""What may be done next about the same thing: buttons under the reply of an outcome."""

from __future__ import annotations

from collections.abc import Mapping

from nlu.catalogue import Catalogue, Service
from nlu.turn import Button, payload

NUMBERS = ("code", "number")  # kinds of slot whose values a button may carry


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
    numbers = (slot.name for slot in service.slots if slot.type.kind in NUMBERS)
    return next(({"value": known[name]} for name in numbers if known.get(name)), {})
