"""The service catalogue as frozen values: what every other part may rely on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from nlu.records import Seconds, key

AT_ONCE = Seconds(0)
Words = Mapping[str, str]
"""One sentence or name in every reply language: language code -> text."""

SERVICE_KINDS = ("pay", "apply", "status", "book", "info", "grievance", "download", "donate")
CONFIRMED_KINDS = frozenset({"pay", "apply", "book", "grievance", "donate"})
"""Kinds of service that change something, so the citizen is asked before it happens."""

FACTS = ("who", "papers", "fee", "days", "where", "validity", "helpline")
"""What a citizen may ask about a service: who may apply, which papers, what it costs, how many days
it takes, where it is done, how long what one gets is valid, and whom to call."""

SLOT_ROLES = ("from", "to")
SUGGESTIONS = ("grievance_office", "secretariat")
"""What may suggest a slot's value from the others that were told (`actions.grievances`)."""
DATE_RANGES = ("past", "future", "any")
OPERATION_KINDS = ("read", "write")
ACCESS = ("public", "owner", "code")
"""Who may use an operation: anybody; who writes from the number on record; or, from another number,
who reads a one-time code that the department sends to the number on record."""
MIXED_KEY = "mix"
"""The optional sixth utterance key: two languages in one message."""


LISTS = ("utterances", "development", "holdout", "holdout_noisy")
"""The sentences of an intent: those that are learned, and three that are not."""


@dataclass(frozen=True)
class Mark:
    """A marked value of an utterance; `start` and `end` are code points of `Utterance.text`."""

    start: int
    end: int
    slot: str
    role: str | None = None


@dataclass(frozen=True)
class Utterance:
    """What a citizen writes, with the marks taken out of the text. `file`, where its intent has
    several."""

    text: str
    marks: tuple[Mark, ...]
    line: int
    file: Path | None = None


@dataclass(frozen=True)
class Choice:
    """One answer to a closed question and the words that mean it, in any script."""

    value: str
    title: Words
    forms: tuple[str, ...]
    about: Words | None = None  # the line under it in a list


@dataclass(frozen=True)
class SlotType:
    """A kind of answer: how it is read (`kind`), what fits, and the words around it."""

    name: str
    kind: str
    pattern: str | None
    checksum: str | None
    sensitive: bool
    extract: bool
    minimum: int | None
    maximum: int | None
    when: str | None
    gazetteer: str | None
    choices: tuple[Choice, ...]
    examples: tuple[str, ...]
    ask: Words
    retry: Words
    label: Words
    unit: str | None = None
    longest: int | None = None
    accepts: tuple[str, ...] = ()  # kind attachment: media types


@dataclass(frozen=True)
class Slot:
    """Something a service needs to know; `ask` and `label` fall back to those of the type.

    `opening_words`: a first message of at least so many words is its value. `suggested_by`: one of
    `SUGGESTIONS`, which gives its value unless the citizen does. `offered_by`: a read of the
    department whose results `values`, `titles` and `abouts`, one a line, are choices.
    `volunteered`: taken where the citizen tells it, never asked for.
    """

    name: str
    type: SlotType
    required: bool
    role: str | None
    ask: Words
    label: Words
    opening_words: int | None = None
    suggested_by: str | None = None
    offered_by: str | None = None
    volunteered: bool = False


@dataclass(frozen=True)
class Facts:
    """What is known of a service without doing it.

    `said`: one of `FACTS` -> a short answer that stands alone; what is not known is not in it.
    `source` is where it was read, `read` on which day.
    """

    said: Mapping[str, Words]
    source: str
    read: date


@dataclass(frozen=True)
class Service:
    """One government service: what citizens say, what is asked, what is done, what is answered.

    One without `operation` has the same answer for everybody, its reply `ok`, and asks nothing.
    """

    name: str
    department: str
    phase: int
    kind: str
    title: Words
    menu: Words
    about: Words
    utterances: Mapping[str, tuple[Utterance, ...]]
    development: Mapping[str, tuple[Utterance, ...]]
    holdout: Mapping[str, tuple[Utterance, ...]]
    slots: tuple[Slot, ...]
    lookup: str | None
    confirm: bool
    confirm_text: Words | None
    operation: str | None
    replies: Mapping[str, Words]
    neighbours: tuple[str, ...]
    file: Path
    follow_ups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """outcome -> services that its reply offers."""
    facts: Facts | None = None
    tells: tuple[str, ...] = ()
    """Facts that doing it tells: who asks for one of them wants it done."""
    holdout_noisy: Mapping[str, tuple[Utterance, ...]] = field(default_factory=dict)
    """Held out as well, and scored apart: messages as they are, with greetings, stories, slips."""


@dataclass(frozen=True)
class ConversationIntent:
    """Something said to Seva itself rather than to a department: a greeting, yes, no, help."""

    name: str
    utterances: Mapping[str, tuple[Utterance, ...]]
    development: Mapping[str, tuple[Utterance, ...]]
    holdout: Mapping[str, tuple[Utterance, ...]]
    file: Path
    reply: Words | None = None
    """What is said to it, where that is always the same."""
    elsewhere: bool = False
    """It asks for what is none of our services, and the reply says where that is done."""
    path: tuple[str, ...] = ()
    """Where it stands in its file."""
    holdout_noisy: Mapping[str, tuple[Utterance, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class TraitLabel:
    """One of the things that a trait tells apart: sentences by key, names of `gazetteers` that are
    learned as well, and what is said to them where that is always the same."""

    utterances: Mapping[str, tuple[str, ...]]
    reply: Words | None = None
    gazetteers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Others:
    """What else has none of a trait's labels: one of so many utterances of the services (0: none of
    them), without those of the services `but`, which may well have one; and sentences of other
    traits that have one of these labels (an empty list: all)."""

    utterances: int = 0
    but: tuple[str, ...] = ()
    traits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trait:
    """What is understood of a message beside its service, such as which fact it asks about.

    `labels` by name, the most urgent first; a sentence may have several. `ordinary` are sentences
    by key that have none of them; `others` says what else has none.
    """

    labels: Mapping[str, TraitLabel]
    ordinary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: Others = Others()


@dataclass(frozen=True)
class Topic:
    """Services as citizens think of them: a row of the menu, the most used service first."""

    name: str
    title: Words
    about: Words
    services: tuple[str, ...]


@dataclass(frozen=True)
class Topics:
    """The file `topics.yml`."""

    topics: tuple[Topic, ...]


@dataclass(frozen=True)
class Asked:
    """A sentence about a service and the facts that it asks about; none where it only sounds so."""

    text: str
    about: tuple[str, ...]


@dataclass(frozen=True)
class Questions:
    """A file of `questions/`: service -> key -> sentences."""

    questions: Mapping[str, Mapping[str, tuple[Asked, ...]]]


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


@dataclass(frozen=True)
class Place:
    """A place and its other spellings, in any script."""

    value: str
    title: Words
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Gazetteer:
    """A closed list of places, such as the bus stations."""

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class LanguageKey:
    """One way people write: a language and the script they use for it."""

    key: str
    language: str
    script: str
    name: str


@dataclass(frozen=True)
class Languages:
    """Languages of replies, keys of utterances, and the names citizens give each language."""

    reply: tuple[str, ...]
    default: str
    keys: Mapping[str, LanguageKey]
    names: Mapping[str, tuple[str, ...]]


Positions = Mapping[tuple[Path, tuple[str, ...]], int]
"""(file, path of keys) -> line, so that rules which look across files can still say where."""


@dataclass(frozen=True)
class Catalogue:
    """Everything under `data/` that describes the services, read once and never changed."""

    services: Mapping[str, Service]
    conversation: Mapping[str, ConversationIntent]
    departments: Mapping[str, Department]
    slot_types: Mapping[str, SlotType]
    gazetteers: Mapping[str, Gazetteer]
    languages: Languages
    phrases: Mapping[str, Words]
    hash: str
    root: Path = Path("data")
    traits: Mapping[str, Trait] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    positions: Positions = field(default_factory=dict, compare=False, repr=False)

    def operation_of(self, service: Service) -> Operation | None:
        """What a service does at its department; None where it only tells."""
        if service.operation is None:
            return None
        return self.departments[service.department].operations[service.operation]
