"""Reads what the sandbox's departments do: `counters/<department>.yml`, one file each.

A file holds the records that the department begins with and, for each operationId of its OpenAPI
file, what a clerk would do at the counter: find a record, refuse, take an application, open a
payment order, print a document, answer. docs/sandbox.md describes every key with an example.
Expressions are JMESPath (`expressions.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml

COUNTERS = Path(__file__).parent / "counters"
Row = Mapping[str, Any]
"""One record as the file has it."""


@dataclass(frozen=True)
class Find:
    """Names records of `collections`: each field in `by` has to be what its expression gives.

    A record's field may list several forms of a name; each of them matches. `taken` names
    operations whose applications are searched by their number as well. With `default`, a record
    is always found: what it does not say itself, it has from there. `called` is what a citizen's
    404 calls the record.
    """

    collections: tuple[str, ...]
    by: Mapping[str, str]
    called: str
    taken: tuple[str, ...] = ()
    default: Row | None = None


@dataclass(frozen=True)
class Refusal:
    """Refuses with `status` and `code` where the expression `when` holds."""

    when: str
    code: str
    title: str = "Refused"
    status: int = 409


@dataclass(frozen=True)
class Already:
    """Refuses an application that is open already; `answer` is what the citizen learns of it,
    by default what the first application was answered with."""

    code: str = "duplicate"
    title: str = "One is open already"
    answer: str | None = None


@dataclass(frozen=True)
class Take:
    """Gives an application, complaint or booking a number and a date.

    The number is `prefix` and then `format`, a Python format over `today`, `serial` and the dates
    that were sent; serials begin at `first`. Only one is open at a time for the same values of
    `once_for`: what was sent, or a name of `let`. Where anybody may make it, it is one for each
    who does, unless it is `shared`: then whoever asks for the same learns the number and may follow
    it, as all see the same hole in the road.
    """

    prefix: str = ""
    format: str = "{today:%y%m}{serial:05}"
    first: int = 1
    days: int | None = None
    hours: int | None = None
    once_for: tuple[str, ...] = ()
    already: Already = Already()
    shared: bool = False


@dataclass(frozen=True)
class Keep:
    """Puts a new record into `collection`: field -> expression. It belongs to who sent it, and to
    its `mobile_number` if it has one."""

    collection: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Order:
    """Opens a payment order over `amount`, where there is something to pay; once it is paid, the
    record gets the values `paid`."""

    amount: str
    paid: Row = field(default_factory=dict)


@dataclass(frozen=True)
class Print:
    """Prints a document of the form `form`: label -> expression, and its file's name likewise."""

    form: str
    values: Mapping[str, str]
    filename: str


@dataclass(frozen=True)
class Counter:
    """What is done for one operation, in the order of the fields."""

    answer: str = ""
    find: Find | None = None
    look: str = ""
    """The Python function that adds what the expressions need and this language cannot say."""
    let: Mapping[str, str] = field(default_factory=dict)
    """Names for values that several expressions need; later ones may use earlier ones."""
    list: Find | None = None
    """All records that match, as `records`."""
    refuse: tuple[Refusal, ...] = ()
    hook: str = ""
    """The Python function that does the rest: for what this language cannot say."""
    take: Take | None = None
    keep: Keep | None = None
    order: Order | None = None
    change: Row = field(default_factory=dict)
    """Values that the record gets at once."""
    document: Print | None = None
    status: int = 200
    purpose: str = ""
    """The operation whose one-time code opens this one too; by default its own."""


@dataclass(frozen=True)
class Department:
    """One department as its file declares it."""

    counters: Mapping[str, Counter]
    """By operationId."""
    records: Mapping[str, list[Row]]
    """What it knows on its first day, by collection."""
    taken: Mapping[str, list[Row]]
    """What is open on its first day, by the operation that took it: `number` and its `once_for`."""
    sms_sender: str


@lru_cache(maxsize=64)
def load_department(name: str) -> Department:
    """The declaration of a department; an empty one if there is no file.

    Raises ValueError, TypeError or KeyError for a word that the language does not have.
    """
    path = COUNTERS / f"{name}.yml"
    raw = load_yaml(path.read_text(encoding="utf-8")) if path.exists() else {}
    wrong = raw.keys() - {"operations", "records", "taken", "sms_sender"}
    if wrong:
        raise ValueError(f"{path}: what is {', '.join(sorted(wrong))}?")
    return Department(
        {operation: _read(operation, row) for operation, row in raw.get("operations", {}).items()},
        raw.get("records", {}),
        raw.get("taken", {}),
        raw.get("sms_sender", name.upper()),
    )


def load_counters(department: str) -> Mapping[str, Counter]:
    """The counters of a department by operationId."""
    return load_department(department).counters


def phones_of(row: Row) -> list[str]:
    """The numbers that a record belongs to: its `owner`, or else its `mobile_number`."""
    known = row.get("owner", row.get("mobile_number", []))
    return known if isinstance(known, list) else [known]


def _read(name: str, raw: Mapping[str, Any]) -> Counter:
    """One counter. Raises TypeError or KeyError, naming the operation, for what it cannot be."""
    try:
        parts = dict(raw)
        for key in ("find", "list"):
            if key in parts:
                parts[key] = _find(parts[key])
        for key, kind in (("order", Order), ("document", Print)):
            if key in parts:
                parts[key] = kind(**parts[key])
        if "take" in parts:
            parts["take"] = _take(parts["take"])
        if "keep" in parts:
            kept = dict(parts["keep"])
            parts["keep"] = Keep(kept.pop("in"), **kept)
        parts["refuse"] = tuple(Refusal(**row) for row in raw.get("refuse", ()))
        parts.setdefault("status", 201 if "take" in raw or "order" in raw else 200)
        counter = Counter(**parts)
        if not (counter.answer or counter.hook):
            raise KeyError("answer")
        return counter
    except (TypeError, KeyError) as error:
        raise type(error)(f"counter of {name}: {error}") from error


def _find(raw: Mapping[str, Any]) -> Find:
    by, found_in = raw.get("by", ()), raw["in"]
    collections = (found_in,) if isinstance(found_in, str) else tuple(found_in)
    parts = {
        "called": collections[0],
        **raw,
        "by": by if isinstance(by, Mapping) else {name: f"input.{name}" for name in by},
        "taken": tuple(raw.get("taken", ())),
    }
    del parts["in"]
    return Find(collections, **parts)


def _take(raw: Mapping[str, Any]) -> Take:
    parts = {**raw, "once_for": tuple(raw.get("once_for", ()))}
    if "already" in raw:
        said = raw["already"]
        parts["already"] = Already(**said) if isinstance(said, Mapping) else Already(said)
    return Take(**parts)
