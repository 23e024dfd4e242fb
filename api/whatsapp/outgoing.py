"""Messages to citizens in the shapes that WhatsApp knows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from api.channel import channel_of
from nlu.known_fields import known_fields


@dataclass(frozen=True)
class Option:
    """A reply button or a list row. `id` is short; only our own store knows its meaning."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Template:
    """An approved template: its name and language at WhatsApp, and its parameters."""

    name: str
    language: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Outgoing:
    """One WhatsApp message.

    `kind` is text, buttons, list, link, document, template or voice (`text` is read aloud).
    `button` is the title of what opens a list, or of a link, which leads to `link_url`.
    """

    kind: str
    text: str
    options: tuple[Option, ...] = ()
    button: str = ""
    document_url: str = ""
    filename: str = ""
    template: Template | None = None
    link_url: str = ""
    language: str = ""
    """That of the words, where the channel tells it along; empty where not."""
    model: str = ""
    """The id of the model that answered, told along with the language."""

    def to_json(self) -> str:
        """The message as the outbox keeps it."""
        told = asdict(self)
        for name in ("language", "model"):
            if not told[name]:  # a worker of before does not know it, and sends over WhatsApp only
                del told[name]
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Outgoing:
        """Reads what `to_json` wrote."""
        data = json.loads(text)
        data["options"] = tuple(Option(**known_fields(Option, one)) for one in data["options"])
        template = data.get("template")
        if template:
            template["parameters"] = tuple(template["parameters"])
            data["template"] = Template(**known_fields(Template, template))
        return cls(**known_fields(cls, data))


@dataclass(frozen=True)
class Choice:
    """The meaning of an option that we sent. `number` is set if citizens type it to choose."""

    id: str
    payload: str
    title: str
    number: int | None = None


@dataclass(frozen=True)
class Draft:
    """A message and its choices, before they enter the outbox."""

    message: Outgoing
    choices: tuple[Choice, ...] = ()

    def said_in(self, language: str | None, model: str = "") -> Draft:
        """The same, with the language and the model told along."""
        return replace(self, message=replace(self.message, language=language or "", model=model))


@dataclass(frozen=True)
class Parcel:
    """An outgoing message that a worker owns. `doubtful`: it may have been sent before."""

    tracker: str
    lane: str
    phone_number_id: str
    citizen: str
    phone: str | None
    language: str | None
    message: Outgoing
    attempt: int
    doubtful: bool
    created_at: float
    token: str
    seen_at: float = 0.0
    """When the citizen had last written, as the parcel was claimed."""
    news: bool = False
    """Answers no message: never too old to be told."""
    trace: str | None = None
    """The `traceparent` of the turn or of the news."""


def told_along(
    drafts: Iterable[Draft], lane: str, language: str | None, model: str = ""
) -> list[Draft]:
    """The drafts, with the language of their words and the model that answered, where the lane's
    channel tells them."""
    if not channel_of(lane).is_fetched:
        return list(drafts)
    return [draft.said_in(language, model) for draft in drafts]
