"""The service catalogue as frozen values: what every other part may rely on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from nlu.catalogue.department import Department, Operation, Words

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
