"""Counts and tells what is stored and cannot be read: once for each row, nothing of its content."""

from __future__ import annotations

from prometheus_client import Counter

from nlu.log import get_logger

_LOG = get_logger(__name__)
UNREADABLE = Counter(
    "seva_unreadable_stored_total",
    "Stored rows and values that could not be read, by store and reason (key, version, form).",
    ["store", "why"],
)


def alarm(store: str, row: str, why: str) -> None:
    """`row` is a name that says nothing about a citizen; its beginning is logged."""
    UNREADABLE.labels(store, why).inc()
    _LOG.error("unreadable", store=store, row=row[:12], why=why)
