"""A department as frozen values: its operations, what they answer, its payments and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlu.records import Seconds, key

Words = Mapping[str, str]
"""One sentence or name in every reply language: language code -> text."""

AT_ONCE = Seconds(0)
OPERATION_KINDS = ("read", "write")
ACCESS = ("public", "owner", "code")
"""Who may use an operation: anybody; who writes from the number on record; or, from another number,
who reads a one-time code that the department sends to the number on record."""


@dataclass(frozen=True)
class Variable:
    """A value read from the environment when a process starts, with its default."""

    env: str
    default: str


@dataclass(frozen=True)
class Timeouts:
    """Seconds to connect, to wait for an answer, and in all."""

    connect: Seconds
    read: Seconds
    total: Seconds


@dataclass(frozen=True)
class Outcome:
    """One row of an operation's table of outcomes; the first that matches wins.

    `pending`: accepted now, answered later (by `poll` or `callback` of the operation). `told`: a
    pending answer that the citizen is told of when it comes, while the waiting goes on.
    """

    outcome: str
    status: int
    code: str | None = None
    when: str | None = None
    pending: bool = False
    told: bool = False


@dataclass(frozen=True)
class StatusQuery:
    """The read that tells whether a write arrived whose answer was lost.

    Outcomes of the read: `found` are the write's own answer, `not_found` say that it never
    arrived, which counts `not_found_after` seconds after it was sent. Without `found` the read
    repeats the write's answer as it was: what it does not map itself is read as that.
    """

    operation: str = field(metadata=key("operationId"))
    not_found: tuple[str, ...]
    found: tuple[str, ...] | None = None
    not_found_after: Seconds = AT_ONCE


@dataclass(frozen=True)
class Poll:
    """The read that is asked for a pending answer, `every` so many seconds, `during` so many."""

    operation: str = field(metadata=key("operationId"))
    every: Seconds
    during: Seconds = field(metadata=key("for"))


@dataclass(frozen=True)
class Callback:
    """A pending answer that the department sends: a body as `operation` answers it with 200.

    `reference` is JMESPath over the body: the Idempotency-Key of the write. It is waited for
    `during` so many seconds.
    """

    operation: str = field(metadata=key("operationId"))
    reference: str
    during: Seconds = field(metadata=key("for"))


@dataclass(frozen=True)
class Paper:
    """A document that Seva issues itself from an answer: the form, and JMESPath for its labels.

    It is issued with the outcomes that `outcomes` names.
    """

    form: str
    values: Mapping[str, str]
    outcomes: tuple[str, ...] = ("ok",)
    filename: str | None = None


@dataclass(frozen=True)
class AskBooked:
    """The read that tells whether a department knows a payment, and what its outcomes mean."""

    operation: str = field(metadata=key("operationId"))
    booked: tuple[str, ...]
    not_booked: tuple[str, ...]


@dataclass(frozen=True)
class TellPaid:
    """The write that tells a department of a payment once more; it may be repeated."""

    operation: str = field(metadata=key("operationId"))
    booked: tuple[str, ...]


@dataclass(frozen=True)
class Ticket:
    """The read that gives what was paid for as a document. It sees the slots and the fields of the
    answer; `values` gives it more: its name for one of these -> theirs."""

    operation: str = field(metadata=key("operationId"))
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Payment:
    """How the order of an answer is paid and followed.

    `order`, `amount` (rupees) and `link` name fields of the operation's `result`, `reference` a
    field or a slot that the receipt shows. There is never
    more than one unsettled order for the same values of the slots `once_for`.
    `until` names a field with the moment at which what is to be paid for is let go, `ticket` the
    read that gives the document of what was paid for.
    """

    gateway: str
    order: str
    amount: str
    link: str
    reference: str
    once_for: tuple[str, ...]
    booked: AskBooked
    book: TellPaid | None = None
    until: str = ""
    ticket: Ticket | None = None


@dataclass(frozen=True)
class Operation:
    """A call to a department; templates are Jinja, `result` and `document` are JMESPath.

    `access`: one of `ACCESS`, `because` says why. `idempotent`: a write asked for again with the
    same Idempotency-Key is not done twice.
    """

    name: str
    kind: str
    access: str
    because: str
    request: Mapping[str, Any]
    result: Mapping[str, str]
    document: Mapping[str, str] | None
    outcomes: tuple[Outcome, ...]
    idempotent: bool = True
    status_query: StatusQuery | None = None
    poll: Poll | None = None
    callback: Callback | None = None
    paper: Paper | None = None
    payment: Payment | None = None


@dataclass(frozen=True)
class NumberKind:
    """Numbers of one kind that a department gives, so that they are known wherever a citizen writes
    them.

    `formats` are patterns of the signs in a row, in capitals. `services` say what can be done with
    such a number, by what is wanted (`wants` of `data/dialogue.yml`), the likeliest first; where
    there are none, the office knows. `found_by` is a read that lists the sender's own, for who has
    no number at hand: `values`, `titles` and `abouts`, one a line. It serves `services` and all
    questions for `slot_type`; a kind with no `formats` is for these alone.
    """

    department: str
    name: str
    title: Words
    formats: tuple[str, ...]
    services: Mapping[str, str]
    slot_type: str = ""
    found_by: str = ""

    @property
    def pattern(self) -> str:
        """One pattern for all formats."""
        return "|".join(self.formats)


@dataclass(frozen=True)
class Department:
    """A department and how its computers are reached.

    `first` names the services that head its menu, as they are asked for most. `office` names the
    office that knows what Seva does not, so that it can stand in a sentence. One without `openapi`
    has no computers that Seva calls, and no operations.
    `settings` is the whole file merged over `departments/defaults.yml`, for what only the
    connector reads (retry, breaker, limits, formats).
    """

    id: str
    title: Words
    menu: Words
    helpline: str | None
    first: tuple[str, ...]
    openapi: Path | None
    base_url: Variable
    auth: Mapping[str, Any]
    timeouts: Timeouts
    operations: Mapping[str, Operation]
    settings: Mapping[str, Any]
    file: Path
    office: Words | None = None
    numbers: tuple[NumberKind, ...] = ()

    @property
    def called(self) -> bool:
        """Whether it has computers that Seva calls."""
        return self.openapi is not None
