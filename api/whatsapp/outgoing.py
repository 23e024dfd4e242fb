"""Messages on their way to a citizen, in the shapes that WhatsApp knows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Option:
    """A reply button or a list row; `id` is short and means something only in our own store."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Template:
    """An approved template: its name and language as WhatsApp knows them, and what fills it."""

    name: str
    language: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Outgoing:
    """One WhatsApp message. `kind` is text, buttons, list, document, voice (`text` is said) or
    template."""

    kind: str
    text: str
    options: tuple[Option, ...] = ()
    button: str = ""
    document_url: str = ""
    filename: str = ""
    template: Template | None = None

    def to_json(self) -> str:
        """The message as it is kept in the outbox."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Outgoing:
        """The message that `to_json` wrote."""
        data = json.loads(text)
        data["options"] = tuple(Option(**option) for option in data["options"])
        template = data.get("template")
        if template:
            template["parameters"] = tuple(template["parameters"])
            data["template"] = Template(**template)
        return cls(**data)


@dataclass(frozen=True)
class Choice:
    """What an option that we sent stands for; `number` if it is chosen by typing a number."""

    id: str
    payload: str
    title: str
    number: int | None = None


@dataclass(frozen=True)
class Draft:
    """A message and the choices that it offers, before they enter the outbox."""

    message: Outgoing
    choices: tuple[Choice, ...] = ()
