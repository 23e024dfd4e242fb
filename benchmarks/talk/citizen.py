"""A citizen made by chance: what they write or tap next, from what they were told last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from api.turn import ATTACHED
from nlu.catalogue import Catalogue, Service, SlotType
from nlu.turn import Button, Location, Media, Reply, read_payload

YES, RETRY = "yes", "retry"
NO_ANSWERS = ("asks", "doubts", "angry", "lacks")
"""What is said in place of an answer, and must not be filed as one."""


@dataclass(frozen=True)
class Said:
    """What a citizen sends; `act` says why."""

    act: str
    text: str
    tapped: bool = False
    media: Media | None = None
    location: Location | None = None


@dataclass(frozen=True)
class Words:
    """What citizens can say: the catalogue, answers that fit the sandbox's records, settings."""

    catalogue: Catalogue
    answers: Mapping[str, Mapping[str, str]]
    settings: Mapping[str, Any]
    steering: Mapping[str, Mapping[str, Sequence[str]]]
    """`words` of data/dialogue.yml."""
    lacks: Mapping[str, Sequence[str]]
    """By key: that a number is not at hand."""

    def asked(self, text: str) -> tuple[str, SlotType] | None:
        """The slot that a reply asks for, by its words; the longest question that is in it."""
        found: tuple[int, str, SlotType] | None = None
        for service in self.catalogue.services.values():
            for slot in service.slots:
                for words in (slot.ask or slot.type.ask, slot.type.retry):
                    for question in (words or {}).values():
                        if question in text and (found is None or len(question) > found[0]):
                            found = (len(question), slot.name, slot.type)
        return found[1:] if found else None


def value_of(button: Button) -> str:
    """What an answer button stands for, empty for other buttons."""
    return str(_data(button).get("value", ""))


def nonce_of(button: Button) -> str:
    """The request that a button belongs to."""
    return str(_data(button).get("nonce", ""))


def _data(button: Button) -> dict[str, Any]:
    return read_payload(button.payload)[1]


class Citizen:
    """Writes in one key, `te-Latn` say, and belongs to some departments."""

    def __init__(self, random: Random, words: Words, key: str, departments: Sequence[str]) -> None:
        self.key, self.language = key, key.partition("-")[0]
        self._random, self._words = random, words
        services = words.catalogue.services.values()
        self._services = [s for s in services if s.department in departments]
        self._service: Service | None = None
        self._seen: list[Button] = []
        self._last: Said | None = None

    def next(self, replies: Sequence[Reply]) -> Said:
        """The next message."""
        text = "\n".join(reply.text for reply in replies)
        buttons = [button for reply in replies for button in reply.buttons]
        values = {value_of(button) for button in buttons}
        asked = self._words.asked(text)
        if YES in values:
            mood = "confirm"
        elif RETRY in values:
            mood = "retry"
        elif asked is not None:
            mood = "question"
        else:
            mood = "buttons" if buttons else "nothing"
        weights = self._words.settings["acts"][mood]
        act = self._random.choices(list(weights), list(weights.values()))[0]
        message = self._message(act, asked, buttons)
        self._seen += [button for button in buttons if button not in self._seen]
        self._last = message
        return message

    def _message(
        self, act: str, asked: tuple[str, SlotType] | None, buttons: Sequence[Button]
    ) -> Said:
        pick = self._random.choice
        settings = self._words.settings
        if act == "answer" and asked is not None:
            return self._answer(act, *asked, buttons)
        if act == "twice" and self._last is not None:
            return replace(self._last, act=act)
        if act in ("tap", "choose") and buttons:
            return _tap(act, pick(buttons))
        if act == "tap_yes":
            return _tap(act, next(b for b in buttons if value_of(b) == YES))
        if act == "change":
            return _tap(act, next((b for b in buttons if value_of(b) == act), buttons[0]))
        if act == "stale" and self._seen:
            return _tap(act, pick(self._seen))
        if act in ("wrong", "correct"):
            kind = pick(list(self._words.catalogue.slot_types.values()))
            example = pick(kind.examples or ("12",))
            words = settings["cues"][self.key].format(example) if act == "correct" else example
            return Said(act, words)
        if act == "language":
            named = pick(sorted(settings["languages"]))
            return Said(f"{act}:{named}", pick(settings["languages"][named]))
        if act == "photo":
            return Said(act, ATTACHED, media=Media(**pick([settings["photo"], settings["paper"]])))
        if act == "pin":
            return Said(act, settings["pin"]["name"], location=Location(**settings["pin"]))
        if act == "choose_service":
            self._service = self._chosen()
            return Said(act, f'/choose{{"service": "{self._service.name}"}}', tapped=True)
        if act == "say_retry":
            return Said(act, settings["retry"][self.key])
        return self._said(act)

    def _instead(self, act: str) -> str:
        """What people say in place of an answer: a question about the service, another doubt, a
        grumble, that the number is not at hand, two requests at once."""
        pick, settings = self._random.choice, self._words.settings
        if act == "lacks":
            return pick(self._words.lacks[self.key])
        if act == "two":
            first, second = (pick(self._chosen().utterances[self.key]).text for _ in range(2))
            return settings["joins"][self.key].format(first, second)
        labels = self._words.catalogue.traits[settings["instead"][act]["trait"]].labels
        some = [labels[name].utterances[self.key] for name in settings["instead"][act]["labels"]]
        return pick(pick(some))

    def _said(self, act: str) -> Said:
        """Words of the catalogue: a request, or a move in the conversation."""
        pick, conversation = self._random.choice, self._words.catalogue.conversation
        if act in NO_ANSWERS or act == "two":
            return Said(act, self._instead(act))
        intent = {
            "say_yes": "affirm",
            "no": "deny",
            "cancel": "cancel",
            "help": "help",
            "person": "talk_to_person",
            "greet": "greet",
            "nonsense": "out_of_scope",
        }.get(act)
        if intent is not None:
            return Said(act, pick(conversation[intent].utterances[self.key]).text)
        steer = {"back": "back", "again": "repeat"}.get(act)
        if steer is not None:
            return Said(act, pick(self._words.steering[steer][self.key]))
        same = act == "same" and self._service is not None
        service = self._service if same and self._service else self._chosen()
        self._service = service
        said = service.development.get(self.key) or service.utterances[self.key]
        return Said(act if act in ("other", "same") else "start", pick(said).text)

    def _chosen(self) -> Service:
        """A service of the citizen's departments; most change something."""
        operations = {s.name: self._words.catalogue.operation_of(s) for s in self._services}
        writing = {name for name, one in operations.items() if one and one.kind == "write"}
        write = self._random.random() < self._words.settings["writes"]
        fitting = [s for s in self._services if (s.name in writing) == write]
        short = [s for s in fitting if len(s.slots) <= self._words.settings["short"]]
        return self._random.choice(short or fitting or self._services)

    def _answer(self, act: str, name: str, kind: SlotType, buttons: Sequence[Button]) -> Said:
        """A right answer: the one that the sandbox's records fit, or an example of the type."""
        settings = self._words.settings
        if kind.kind == "attachment":
            return Said(act, ATTACHED, media=Media(**settings["photo"]))
        if kind.kind == "location":
            return Said(act, settings["pin"]["name"], location=Location(**settings["pin"]))
        skip = [button for button in buttons if value_of(button) == "skip"]
        if skip and self._random.random() < 0.5:
            return _tap(act, skip[0])
        service = self._service.name if self._service else ""
        known = self._words.answers.get(f"{service}/{name}") or self._words.answers.get(name)
        if known is not None and self._random.random() < 0.85:
            return Said(act, known[self.language])
        return Said(act, self._random.choice(kind.examples or ("12",)))


def _tap(act: str, button: Button) -> Said:
    return Said(act, button.payload, tapped=True)
