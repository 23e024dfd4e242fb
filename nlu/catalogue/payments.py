"""Reads what a department's file says of a write whose answer asks for money."""

from __future__ import annotations

from nlu.catalogue.model import AskBooked, Payment, TellPaid
from nlu.catalogue.yaml_source import Node

_REQUIRED = ("gateway", "order", "amount", "link", "reference", "once_for", "booked")


def read_payment(node: Node | None) -> Payment | None:
    """`payment: {gateway, order, amount, link, reference, once_for, booked, book}`."""
    if node is None:
        return None
    fields = node.fields(_REQUIRED, ("book",))
    if not set(_REQUIRED) <= fields.keys():
        return None
    booked = fields["booked"].fields(("operationId", "booked", "not_booked"))
    if len(booked) < 3:
        return None
    return Payment(
        gateway=fields["gateway"].text(),
        order=fields["order"].text(),
        amount=fields["amount"].text(),
        link=fields["link"].text(),
        reference=fields["reference"].text(),
        once_for=fields["once_for"].texts(),
        booked=AskBooked(
            booked["operationId"].text(), booked["booked"].texts(), booked["not_booked"].texts()
        ),
        book=_told(fields.get("book")),
    )


def _told(node: Node | None) -> TellPaid | None:
    fields = {} if node is None else node.fields(("operationId", "booked"))
    if len(fields) < 2:
        return None
    return TellPaid(fields["operationId"].text(), fields["booked"].texts())
