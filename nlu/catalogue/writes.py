"""Reads what a department's file says of a write whose answer is lost or comes later."""

from __future__ import annotations

from nlu.catalogue.model import Callback, Poll, StatusQuery
from nlu.catalogue.yaml_source import Node


def read_status_query(node: Node | None) -> StatusQuery | None:
    """`status_query: {operationId, found, not_found, not_found_after}`; `null` for none."""
    if node is not None and node.is_null():
        return None
    fields = _fields(node, ("operationId", "not_found"), ("found", "not_found_after"))
    if not {"operationId", "not_found"} <= fields.keys():
        return None
    found, after = fields.get("found"), fields.get("not_found_after")
    return StatusQuery(
        operation=fields["operationId"].text(),
        found=found.texts() if found else None,
        not_found=fields["not_found"].texts(),
        not_found_after=after.seconds() if after else 0,
    )


def read_poll(node: Node | None) -> Poll | None:
    """`poll: {operationId, every, for}`."""
    fields = _fields(node, ("operationId", "every", "for"))
    if len(fields) < 3:
        return None
    return Poll(fields["operationId"].text(), fields["every"].seconds(), fields["for"].seconds())


def read_callback(node: Node | None) -> Callback | None:
    """`callback: {operationId, reference, for}`."""
    fields = _fields(node, ("operationId", "reference", "for"))
    if len(fields) < 3:
        return None
    return Callback(
        fields["operationId"].text(), fields["reference"].text(), fields["for"].seconds()
    )


def _fields(
    node: Node | None, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Node]:
    return {} if node is None else node.fields(required, optional)
