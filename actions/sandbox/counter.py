"""Counters that are written down, not coded: what the sandbox does for an operation without code.

`counters/<department>.yml` holds records and, for each operationId of the department's OpenAPI
file, what a clerk would do: find a record, refuse, take an application or complaint, open a payment
order, print a document, answer. Expressions are JMESPath over `input` (path, query and body values
together), `record`, `made` (number, expected, order, document) and `today`; besides JMESPath's own
functions there are `days(n)` (ISO date so far ahead), `hours(n)` (ISO moment) and `words(x)` (the
text of the caller's language). docs/sandbox.md shows an example of each kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from actions.sandbox.first_records import COUNTERS
from nlu.fast_yaml import load_yaml


@dataclass(frozen=True)
class Find:
    """The record in `collection` whose fields of these names are what the input says.

    A record's field may list several forms of a name. `taken` names an operation whose
    applications are looked through as well, by their number.
    """

    collection: str
    by: tuple[str, ...]
    taken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Take:
    """An application, complaint or booking: a number, a date, one open at a time for `once_for`,
    and where anybody may make it, for each who does."""

    prefix: str
    days: int | None = None
    hours: int | None = None
    once_for: tuple[str, ...] = ()
    already: str = "duplicate"
    shared: bool = False
    """Whoever asks for the same is told of what is open and may follow it: a complaint about what
    all see."""


@dataclass(frozen=True)
class Order:
    """A payment order over `amount`; once paid, the record gets the values of `paid`."""

    amount: str
    paid: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Print:
    """A document of the form `form`: label -> expression, and its file's name likewise."""

    form: str
    values: Mapping[str, str]
    filename: str


@dataclass(frozen=True)
class Counter:
    """What is done for one operation, in the order of the fields."""

    answer: str
    find: Find | None = None
    refuse: tuple[tuple[str, str], ...] = ()
    """(when, code): refused with 409 where `when` holds."""
    take: Take | None = None
    order: Order | None = None
    change: Mapping[str, Any] = field(default_factory=dict)
    """Values that the record gets at once."""
    document: Print | None = None
    status: int = 200


@lru_cache(maxsize=64)
def load_counters(department: str) -> Mapping[str, Counter]:
    """Counters of `counters/<department>.yml` by operationId; none without the file."""
    path = COUNTERS / f"{department}.yml"
    if not path.exists():
        return {}
    raw = load_yaml(path.read_text(encoding="utf-8"))
    return {name: _read(name, row) for name, row in raw["operations"].items()}


def _read(name: str, raw: Mapping[str, Any]) -> Counter:
    """One counter. Raises TypeError or KeyError, naming the operation, for what it cannot be."""
    try:
        find, take, printed = raw.get("find"), raw.get("take"), raw.get("document")
        return Counter(
            answer=raw["answer"],
            find=find and Find(find["in"], tuple(find.get("by", ())), tuple(find.get("taken", ()))),
            refuse=tuple((row["when"], row["code"]) for row in raw.get("refuse", ())),
            take=take and Take(**{**take, "once_for": tuple(take.get("once_for", ()))}),
            order=Order(**raw["order"]) if "order" in raw else None,
            change=raw.get("change", {}),
            document=printed and Print(**printed),
            status=raw.get("status", 201 if take or "order" in raw else 200),
        )
    except (TypeError, KeyError) as error:
        raise type(error)(f"counter of {name}: {error}") from error
