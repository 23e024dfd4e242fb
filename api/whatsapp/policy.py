"""WhatsApp's limits, waits and error codes, read from `data/whatsapp.yml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.fast_yaml import load_yaml
from nlu.storage.windows import Limit

ACTIONS = frozenset(("retry", "wait", "park", "phone", "alert", "final"))


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
    """Codes that are met in the same way."""

    codes: frozenset[int]
    action: str


@dataclass(frozen=True)
class WhatsAppPolicy:
    """How Seva behaves towards WhatsApp and its failures. Waits in seconds."""

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
    turn_attempts: int
    turn_deaths: int
    turn_wait: tuple[float, ...]
    turn_seconds: float
    voice_seconds: float
    outage_wait: tuple[float, ...]
    send_wait: tuple[float, ...]
    send_give_up_after: float
    doubt_wait: tuple[float, ...]
    doubt_give_up_after: float
    doubt_silent_give_up_after: float
    alert_wait: tuple[float, ...]
    pair_base: float
    pair_longest: float
    rules: tuple[ErrorRule, ...]
    server_error: str
    client_error: str

    def action(self, code: int | None, http_status: int = 0) -> str:
        """What to do about an error: by its code, else by the HTTP status."""
        for rule in self.rules:
            if code in rule.codes:
                return rule.action
        temporary = http_status >= 500 or http_status in (0, 408, 429)
        return self.server_error if temporary else self.client_error

    def wait(self, action: str, attempt: int) -> float:
        """Seconds until the next try after `attempt` tries (from 1)."""
        if action == "wait":
            return min(self.pair_base**attempt, self.pair_longest)
        return step(self.alert_wait if action == "alert" else self.send_wait, attempt)


def step(waits: Sequence[float], attempt: int) -> float:
    """The wait after the given try (from 1); the last one repeats."""
    return waits[min(max(attempt, 1), len(waits)) - 1]


def load_policy(path: Path) -> WhatsAppPolicy:
    """The policy in a YAML file; an unknown action or a missing value is an error at start."""
    data = load_yaml(path.read_text(encoding="utf-8"))
    rules = []
    for entry in data["errors"]:
        codes = frozenset(entry.get("codes") or range(entry["from"], entry["to"] + 1))
        rules.append(ErrorRule(codes, entry["do"]))
    unknown = {rule.action for rule in rules} - ACTIONS
    if unknown:
        raise ValueError(f"{path}: unknown action {sorted(unknown)}; use one of {sorted(ACTIONS)}")
    deadlines = Deadlines(**data["deadlines"])
    before = max(deadlines.document, data["speaking_seconds"]) + deadlines.upload
    if before + deadlines.message > deadlines.send:
        raise ValueError(f"{path}: what a message needs takes longer than `send` of `deadlines`")
    retry = data["retry"]
    return WhatsAppPolicy(
        limits=Limits(**data["limits"]),
        window=data["window"],
        template=TemplateRules(**data["template"]),
        delivered_within=data["delivered_within"],
        clock_ahead=data["clock_ahead"],
        arrivals=tuple(Limit(**limit) for limit in data["arrivals"]),
        silent=frozenset(data["silent"]),
        typing_seconds=data["typing_seconds"],
        listening_seconds=data["listening_seconds"],
        speaking_seconds=data["speaking_seconds"],
        deadlines=deadlines,
        turn_attempts=retry["turn"]["attempts"],
        turn_deaths=retry["turn"]["deaths"],
        turn_wait=tuple(retry["turn"]["wait"]),
        turn_seconds=data["turn_seconds"],
        voice_seconds=data["voice_seconds"],
        outage_wait=tuple(retry["outage"]["wait"]),
        send_wait=tuple(retry["send"]["wait"]),
        send_give_up_after=retry["send"]["give_up_after"],
        doubt_wait=tuple(retry["doubt"]["wait"]),
        doubt_give_up_after=retry["doubt"]["give_up_after"],
        doubt_silent_give_up_after=retry["doubt"]["silent_give_up_after"],
        alert_wait=tuple(retry["alert"]["wait"]),
        pair_base=retry["pair"]["base"],
        pair_longest=retry["pair"]["longest"],
        rules=tuple(rules),
        server_error=data["unknown_error"]["server"],
        client_error=data["unknown_error"]["client"],
    )
