"""WhatsApp's limits, waits and error codes, read from `data/whatsapp.yml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nlu.records import Misfit, key, read_record
from nlu.storage.windows import Limit

Act = Literal["retry", "wait", "park", "phone", "alert", "final"]
"""What is done about an error; the file says what each means."""


@dataclass(frozen=True)
class Limits:
    """Longest texts in code points, most options, largest files in bytes."""

    text: int
    button_body: int
    list_body: int
    caption: int
    buttons: int
    button_title: int
    rows: int
    row_title: int
    row_description: int
    list_button: int
    spoken: int
    document_bytes: int
    webhook_bytes: int
    answer_bytes: int


@dataclass(frozen=True)
class Deadlines:
    """Seconds that each kind of call may take in all; `send` is for all calls of one message."""

    connect: float
    message: float
    typing: float
    download: float
    document: float
    upload: float
    send: float


@dataclass(frozen=True)
class TemplateRules:
    """The template for news to silent citizens. `languages`: ours to WhatsApp's codes; `about` and
    `text`: longest parameters in code points, with at most `spaces` in a row."""

    name: str
    languages: Mapping[str, str]
    about: int
    text: int
    spaces: int


@dataclass(frozen=True)
class ErrorRule:
    """Codes, or all from one to another, that are met in the same way; `why` is for people."""

    do: Act
    why: str
    codes: frozenset[int] = frozenset()
    first: int | None = field(default=None, metadata=key("from"))
    last: int | None = field(default=None, metadata=key("to"))

    def __post_init__(self) -> None:
        if bool(self.codes) == (self.first is not None and self.last is not None):
            raise Misfit("names no codes", "write `codes: [...]`, or `from:` and `to:`")

    def covers(self, code: int | None) -> bool:
        """Whether the rule is about this code."""
        if code is None or self.first is None or self.last is None:
            return code in self.codes
        return self.first <= code <= self.last


@dataclass(frozen=True)
class UnknownError:
    """What is done about an error without a known code, by its HTTP status."""

    server: Act
    client: Act


@dataclass(frozen=True)
class TurnRetry:
    """How often a turn is tried and may kill its process, and the waits between."""

    attempts: int
    deaths: int
    wait: tuple[float, ...]


@dataclass(frozen=True)
class Waits:
    """Waits between tries; the last one repeats."""

    wait: tuple[float, ...]


@dataclass(frozen=True)
class SendRetry:
    """Waits between sends of one message, and when it is given up."""

    wait: tuple[float, ...]
    give_up_after: float


@dataclass(frozen=True)
class DoubtRetry:
    """The same where nobody knows whether WhatsApp took it; `silent`: no status comes at all."""

    wait: tuple[float, ...]
    give_up_after: float
    silent_give_up_after: float


@dataclass(frozen=True)
class PairRetry:
    """The wait grows as `base` to the power of the tries, up to `longest`."""

    base: float
    longest: float


@dataclass(frozen=True)
class Retries:
    """The waits before the next try, by what went wrong."""

    turn: TurnRetry
    outage: Waits
    send: SendRetry
    doubt: DoubtRetry
    alert: Waits
    pair: PairRetry


@dataclass(frozen=True)
class WhatsAppPolicy:
    """How Seva behaves towards WhatsApp and its failures: `data/whatsapp.yml`. Times in seconds."""

    limits: Limits
    window: float
    template: TemplateRules
    delivered_within: float
    clock_ahead: float
    arrivals: tuple[Limit, ...]
    silent: frozenset[str]
    typing_seconds: float
    listening_seconds: float
    speaking_seconds: float
    deadlines: Deadlines
    turn_seconds: float
    voice_seconds: float
    retry: Retries
    errors: tuple[ErrorRule, ...]
    unknown_error: UnknownError

    def action(self, code: int | None, http_status: int = 0) -> Act:
        """What to do about an error: by its code, else by the HTTP status."""
        for rule in self.errors:
            if rule.covers(code):
                return rule.do
        temporary = http_status >= 500 or http_status in (0, 408, 429)
        return self.unknown_error.server if temporary else self.unknown_error.client

    def wait(self, action: str, attempt: int) -> float:
        """Seconds until the next try after `attempt` tries (from 1)."""
        if action == "wait":
            return min(self.retry.pair.base**attempt, self.retry.pair.longest)
        waits = self.retry.alert if action == "alert" else self.retry.send
        return step(waits.wait, attempt)


def step(waits: Sequence[float], attempt: int) -> float:
    """The wait after the given try (from 1); the last one repeats."""
    return waits[min(max(attempt, 1), len(waits)) - 1]


def load_policy(path: Path) -> WhatsAppPolicy:
    """The policy in a file such as `data/whatsapp.yml`. Raises RecordError."""
    return read_record(path, WhatsAppPolicy, _check_deadlines)


def _check_deadlines(policy: WhatsAppPolicy) -> Iterator[Misfit]:
    deadlines = policy.deadlines
    before = max(deadlines.document, policy.speaking_seconds) + deadlines.upload
    if before + deadlines.message > deadlines.send:
        what = "what a message needs takes longer than `send` of `deadlines`"
        yield Misfit(what, "make `send` longer than the calls before it together")
