"""Words an operation's outcome, whether it came at once or later."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from actions.departments import OperationResult
from actions.dialogue import display
from actions.dialogue.display import filled
from nlu.catalogue import Catalogue, Service
from nlu.slots.kind import kind_of
from nlu.text.numbers import indian_grouping
from nlu.turn import Button, Link, payload

UNAVAILABLE = "unavailable"
ENDED_BY = {"unsure": "unavailable_unsure", "overdue": "unavailable_overdue"}
"""Reasons after which trying again would not help or could do it twice, and what is said."""

PAYMENT_OUTCOMES = (
    *("payment_opening", "payment_under_way", "payment_not_booked"),
    "payment_by_another",
)
"""Of operations that ask for money, beside the department's own: each is a phrase."""


def words(
    catalogue: Catalogue,
    service: Service,
    values: Mapping[str, str],
    lookup: Mapping[str, str],
    result: OperationResult,
    language: str,
) -> str:
    """The service's reply to an answer of its department, or that its payment is under way. What is
    to be paid comes with until when, and a word against fraud."""
    if result.outcome in PAYMENT_OUTCOMES:
        department = catalogue.departments[service.department].title[language]
        told = {"title": service.title[language], "department": department, **result.fields}
        return filled(catalogue.phrases[result.outcome], language, told)
    fields = {
        **lookup,
        **display.shown_values(service, values, language, catalogue),
        **result.fields,
    }
    said = filled(service.replies[result.outcome], language, fields)
    if link(catalogue, service, result, language) is None:
        return said
    return f"{said}\n{filled(catalogue.phrases['payment_safety'], language, result.fields)}"


def link(
    catalogue: Catalogue, service: Service, result: OperationResult, language: str
) -> Link | None:
    """The button that leads to where an answer is to be paid."""
    operation = catalogue.operation_of(service)
    payment = operation.payment if operation else None
    address = payment and result.fields.get(payment.link)
    amount = Decimal(result.fields.get(payment.amount) or "0") if payment else Decimal(0)
    if not address or not amount:
        return None
    told = {"amount": indian_grouping(amount)}
    return Link(filled(catalogue.phrases["pay_button"], language, told), address)


def no_answer(catalogue: Catalogue, service: Service, phrase: str, language: str) -> str:
    """One of `ENDED_BY`: which department, and whom to call."""
    department = catalogue.departments[service.department]
    helpline = department.helpline or catalogue.phrases["helpline_default"][language]
    told = {"department": department.title[language], "helpline": helpline}
    return filled(catalogue.phrases[phrase], language, told)


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
