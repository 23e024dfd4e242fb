"""The state of one conversation and what was just heard, from and to Rasa's tracker."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from actions.documents.checker import Checked
from nlu.known_fields import known_fields
from nlu.log import get_logger
from nlu.storage.sealing import Unreadable, seal, unseal
from nlu.storage.unreadable import UNREADABLE
from nlu.turn import Message

_LOG = get_logger(__name__)
_NONCE = 32
"""Hexadecimal digits: 128 bits. Two requests with the same key would be one to a department."""
CONFIRM = "confirm"
CHANGE = "change"
"""In `asked`: which of the values shown is to be changed?"""
CODE = "one_time_code"
"""In `asked`: which code did the department send?"""
RESUME = "resume/"
"""Before what was asked, or alone with no form open: go on with what was left?"""
READ_BACK = "read_back/"
"""Before a slot in `asked`: is the value heard by voice right?"""
MEANT = "meant/"
"""Before a service in `asked`, with no form open: is it what the voice note in `heard` meant?"""
REMEMBER = "remember"
"""In `asked`, with no form open: may we remember these values?"""
ERASE_ASKED = "erase"
"""In `asked`, with no form open: may everything that is kept of the citizen be deleted?"""
SWITCH = "switch/"
"""Before a service in `asked`: was that one meant, or are the words in `heard` the answer?"""


@dataclass(frozen=True)
class Draft:
    """A request that was left for another one. `asked` is None where all was told and confirmed
    and only the department did not answer."""

    service: str
    values: Mapping[str, str]
    given: tuple[str, ...]
    asked: str | None
    lookup: Mapping[str, str] | None
    nonce: str
    unchecked: tuple[str, ...]
    since: float
    in_doubt: bool = False
    offers: Mapping[str, tuple[Offer, ...]] = field(default_factory=dict)
    began: float = 0.0


@dataclass(frozen=True)
class Undo:
    """A switch to another service that the next message may take back: the request that was left,
    by its `nonce`, and what was said when it was, if that may be an answer after all."""

    nonce: str
    text: str = ""
    spoken: bool = False


@dataclass(frozen=True)
class CodeAsked:
    """A one-time code that the department sent: the end of the number it went to, when, how often
    it was told wrongly, and how many tries are left after a wrong one. Never the code."""

    sent_to: str
    at: float
    tries: int = 0
    left: int | None = None
    over: bool = False


@dataclass(frozen=True)
class Offer:
    """A choice that the department gave for a slot; `about` is the line under it in a list."""

    value: str
    title: str
    about: str


@dataclass(frozen=True)
class Profile:
    """What we may remember of a citizen: values by slot type, the latest first. `consent` is None
    where they were never asked."""

    consent: bool | None = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """A number that a department gave this phone: of which kind, for which service, on which day
    (ISO), and what was told for it, by slot."""

    number: str
    department: str
    kind: str
    service: str
    day: str
    values: Mapping[str, str] = field(default_factory=dict)


class Memory:
    """What is known of this phone beside the conversation: its own number, and what departments
    gave it, the latest first. That is read when it is first needed."""

    def __init__(self, mobile: str = "", load: Callable[[], Sequence[Given]] = tuple) -> None:
        """`mobile`: ten digits; empty where it is not known."""
        self.mobile, self._load = mobile, load

    @cached_property
    def given(self) -> tuple[Given, ...]:
        """Numbers that were given, the latest first."""
        return tuple(self._load())


NO_MEMORY = Memory()
Found = Mapping[str, Mapping[str, str]]
"""Values by service, then by slot."""


@dataclass(frozen=True)
class Words:
    """What was said before it was clear what for: the text, whether it was `spoken`, what the
    understanding found in it, and whether it is a `complaint` that needs no more words."""

    text: str
    spoken: bool = False
    found: Found = field(default_factory=dict)
    complaint: bool = False


UNDER_WAY, ASKED_NOW, STANDS, DENIED = "", "asked", "stands", "denied"
"""Of an `Opening`: its request is under way; the last message asked whether it was meant, or an
earlier one did; the citizen said no."""


@dataclass(frozen=True)
class Opening:
    """The words that began a request for a service, with the key of their language: of the few
    whose citizens are asked whether it was what they meant (`was_right`). `nonce` is that of the
    question."""

    words: Words
    service: str
    key: str = ""
    at: float = 0.0
    stage: str = UNDER_WAY
    nonce: str = ""


@dataclass(frozen=True)
class Heard:
    """One incoming message as Rasa understood it. `payload` holds the data of a tapped button."""

    text: str
    intent: str
    confidence: float
    kind: str
    options: tuple[str, ...]
    key: str | None
    key_confidence: float
    script: str
    entities: tuple[Mapping[str, Any], ...]
    payload: Mapping[str, str]
    found: Found
    message: Message
    about: tuple[str, ...] = ()  # facts of a service that it asks about
    danger: str | None = None
    danger_in_doubt: bool = False
    elsewhere: str | None = None  # the talk that says where something is done
    answer: Mapping[str, float] = field(default_factory=dict)  # what it could answer, likely
    checked: Checked | None = None  # the document whose code was sent
    at: float = 0.0  # seconds since the epoch; 0 where nobody noted it
    parts: tuple[Heard, ...] = ()  # its sentences, where the whole is not clear

    @property
    def tapped(self) -> bool:
        """Whether this was a button or list row and not the citizen's own words."""
        return self.text.startswith("/")

    @property
    def by_voice(self) -> bool:
        """Whether it was spoken."""
        return self.message.by_voice

    @property
    def words(self) -> Words:
        """What may be kept until it is clear what for."""
        return Words(self.text, self.by_voice, self.found)

    def surely_meant(self, voice_sure: Mapping[str, float]) -> bool:
        """Whether the service may start, or a yes, no or cancel count, without a question: always
        where it was written. What was spoken must be surer, from `voice_sure` by language."""
        return not self.by_voice or self.confidence >= voice_sure.get(self.message.spoken, 0.0)


@dataclass(frozen=True)
class State:
    """Where a conversation stands. It lies in one Rasa slot; `values` and `lookup` map the name of
    a slot of the service, or of a field, to text.

    `given` names slots in the order they were answered; one without a value was skipped. `page` is
    that of a long list of choices. `heard` are words kept for later. `unchecked` names the slots
    whose values were heard by voice and not yet read back. `began` is when the first message of the
    request came, `since` when the citizen last wrote here, `kept` what they left for it, the latest
    last. `pending` are values by slot type that we asked to remember. `in_doubt` says that the
    request was sent to the department without an answer and may have been carried out. `offers` are
    choices by slot that the department gave; none where it was asked and has none. `code` is a one-
    time code that was sent and not yet told rightly. `spoken_of` is the service that was spoken of
    last, under way or not. `undo` is the switch that this message made. `said` are values of this
    conversation by slot type, the latest first, to be offered where one is asked for again. `lacks`
    names slots whose value the citizen does not have. `missed` says that nothing was found by the
    value told before. `opening` are words that a citizen is asked about, `judged` is when they were
    last asked, or when they had better not be.
    """

    language: str
    language_fixed: bool = False
    service: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    asked: str | None = None
    attempts: int = 0
    page: int = 0
    lookup: Mapping[str, str] | None = None
    nonce: str = ""
    heard: Words | None = None
    unchecked: tuple[str, ...] = ()
    since: float = 0.0
    began: float = 0.0
    kept: tuple[Draft, ...] = ()
    pending: Mapping[str, str] = field(default_factory=dict)
    in_doubt: bool = False
    offers: Mapping[str, tuple[Offer, ...]] = field(default_factory=dict)
    code: CodeAsked | None = None
    spoken_of: str = ""
    undo: Undo | None = None
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    missed: bool = False
    opening: Opening | None = None
    judged: float = 0.0
    memory: Memory = NO_MEMORY  # not stored here but in the journal
    profile: Profile = Profile()  # not stored here but in `actions.citizens.profile`
    language_known: bool = True  # false for somebody's first message; not stored

    @property
    def open(self) -> bool:
        """Whether the form is open: a service is under way and something is asked."""
        return bool(self.service and self.asked)

    def said_before(self, heard: Heard) -> bool:
        """Whether these are the words that are kept."""
        return self.heard is not None and self.heard.text == heard.text

    def as_json(self) -> dict[str, Any]:
        """What Rasa's slot holds between two turns; what the citizen told is sealed."""
        kept = {
            "language": self.language,
            "language_fixed": self.language_fixed,
            "service": self.service,
            "values": self._told(),
            "asked": self.asked,
            "attempts": self.attempts,
            "lookup": None if self.lookup is None else seal(dict(self.lookup)),
            "nonce": self.nonce,
            "heard": None if self.heard is None else seal(self.heard.text),
            "heard_spoken": self.heard is not None and self.heard.spoken,
            "unchecked": list(self.unchecked),
        }
        return {name: value for name, value in kept.items() if value}

    def _told(self) -> str | None:
        """Values, and what else belongs to them, as one token."""
        told = {
            "values": dict(self.values),
            "given": self.given,
            "page": self.page,
            "since": self.since,
            "began": self.began,
            "kept": [asdict(draft) for draft in self.kept],
            "pending": dict(self.pending),
            "in_doubt": self.in_doubt,
            "offers": {slot: [asdict(one) for one in rows] for slot, rows in self.offers.items()},
            "code": self.code and asdict(self.code),
            "spoken_of": self.spoken_of,
            "undo": self.undo and asdict(self.undo),
            "said": {name: list(values) for name, values in self.said.items()},
            "lacks": self.lacks,
            "missed": self.missed,
            "opening": self.opening and asdict(self.opening),
            "judged": self.judged,
            "found": {} if self.heard is None else self.heard.found,
            "complaint": self.heard is not None and self.heard.complaint,
        }
        return seal(told) if any(told.values()) else None


def read_state(kept: Mapping[str, Any], *, default_language: str, saved: str | None) -> State:
    """The state that `as_json` gave; `saved` is the citizen's language kept outside Rasa."""
    told = _mapping(kept.get("values")) or {}
    if not isinstance(told.get("values"), dict):  # as it was stored at first: the values alone
        told = {"values": told}
    return State(
        language=kept.get("language") or saved or default_language,
        language_fixed=bool(kept.get("language_fixed")),
        service=kept.get("service"),
        values=told["values"],
        given=tuple(told.get("given", ())),
        page=told.get("page", 0),
        since=told.get("since", 0.0),
        began=told.get("began", 0.0),
        kept=tuple(_draft(one) for one in told.get("kept", ())),
        pending=told.get("pending", {}),
        in_doubt=told.get("in_doubt", False),
        offers=_offers(told),
        code=CodeAsked(**known_fields(CodeAsked, told["code"])) if told.get("code") else None,
        spoken_of=told.get("spoken_of", ""),
        undo=Undo(**known_fields(Undo, told["undo"])) if told.get("undo") else None,
        said={name: tuple(values) for name, values in told.get("said", {}).items()},
        lacks=tuple(told.get("lacks", ())),
        missed=told.get("missed", False),
        opening=_opening(told.get("opening")),
        judged=told.get("judged", 0.0),
        asked=kept.get("asked"),
        attempts=int(kept.get("attempts") or 0),
        lookup=_mapping(kept.get("lookup")),
        nonce=kept.get("nonce") or "",
        heard=_words(kept, told),
        unchecked=tuple(kept.get("unchecked") or ()),
        language_known=bool(kept.get("language") or saved),
    )


def _draft(stored: Mapping[str, Any]) -> Draft:
    lists = {name: tuple(stored[name]) for name in ("given", "unchecked")}
    return Draft(**known_fields(Draft, {**stored, **lists, "offers": _offers(stored)}))


def _offers(told: Mapping[str, Any]) -> dict[str, tuple[Offer, ...]]:
    rows = told.get("offers", {})
    return {
        slot: tuple(Offer(**known_fields(Offer, one)) for one in some)
        for slot, some in rows.items()
    }


def _opening(told: Mapping[str, Any] | None) -> Opening | None:
    if not told:
        return None
    words = Words(**known_fields(Words, told["words"]))
    return Opening(**{**known_fields(Opening, told), "words": words})


def _words(kept: Mapping[str, Any], told: Mapping[str, Any]) -> Words | None:
    text = _text(kept.get("heard"))
    found = told.get("found", {})
    spoken, complaint = bool(kept.get("heard_spoken")), bool(told.get("complaint"))
    return None if text is None else Words(text, spoken, found, complaint)


def _mapping(token: str | None) -> dict[str, Any] | None:
    opened = _opened(token)
    return opened if isinstance(opened, dict) else None


def _text(token: str | None) -> str | None:
    opened = _opened(token)
    return opened if isinstance(opened, str) else None


def _opened(token: str | None) -> Any:
    """What a slot holds; what cannot be read counts as not told, so the citizen is asked again."""
    try:
        return unseal(token) if token else None
    except Unreadable as error:
        UNREADABLE.labels("state", error.why).inc()
        _LOG.error("unreadable", store="state", why=error.why)
        return None


def read_heard(parsed: Mapping[str, Any], message: Message, at: float = 0.0) -> Heard:
    """A message with what Rasa's pipeline understood of it; `at` is the time of its event."""
    text = parsed.get("text") or ""
    entities = tuple(parsed.get("entities") or ())
    tapped = text.startswith("/")
    decision = parsed.get("decision") or {}
    language = parsed.get("language") or {}
    intent = parsed.get("intent") or {}
    return Heard(
        text=text,
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        kind="button" if tapped else decision.get("kind", "out_of_scope"),
        options=() if tapped else tuple(decision.get("options", ())),
        key=None if tapped else language.get("key"),
        key_confidence=float(language.get("confidence") or 0.0),
        script=language.get("script") or "",
        entities=() if tapped else entities,
        payload={e["entity"]: str(e["value"]) for e in entities} if tapped else {},
        found={} if tapped else parsed.get("slots") or {},
        message=message,
        about=() if tapped else tuple(decision.get("about", ())),
        danger=None if tapped else decision.get("danger"),
        danger_in_doubt=bool(decision.get("danger_in_doubt")),
        elsewhere=None if tapped else decision.get("elsewhere"),
        answer={} if tapped else parsed.get("answer") or {},
        at=at,
        parts=tuple(read_heard(part, message, at) for part in parsed.get("parts") or ()),
    )


def new_nonce(heard: Heard, purpose: str) -> str:
    """Ties buttons and department writes to one request; the same again when a turn is redone."""
    return hashlib.sha256(f"{heard.message.id}:{purpose}".encode()).hexdigest()[:_NONCE]
