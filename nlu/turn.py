"""What a turn of dialogue takes and gives, each in one shape with one JSON form.

A `Message` goes from the worker to the engine, and on to the action server as the metadata of
Rasa's event. A `Reply` comes back the same way. A `Notice` tells a citizen what they did not ask
for just now. Only `api.whatsapp.render` turns replies into another shape, that of WhatsApp.

This module loads no Rasa: who only carries messages and replies stays light.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from nlu.known_fields import known_fields
from nlu.speech.transcript import Reading

AWAY, BROKEN, FAILED = "away", "broken", "failed"
"""Why a turn failed: something of ours was not reached, it died or hung with the turn in its hands,
or all works and this turn fails."""


@dataclass(frozen=True)
class Media:
    """A file that lies at WhatsApp: fetched by its id, checked against `sha256`."""

    id: str
    mime_type: str = ""
    sha256: str = ""
    voice: bool = False
    filename: str | None = None


@dataclass(frozen=True)
class Location:
    """A place that a citizen shared; degrees."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Message:
    """What one citizen wrote, said or tapped.

    `citizen` is the lane of the inbox and Rasa's sender id. `id` is the same when the turn is taken
    again. `language` is that of the replies before, None for a stranger. `tapped` marks a payload
    of our own, behind a button; a citizen's own words are never read as one. `readings` are what a
    voice note may say: `text` is the words of the first. `code` is the text of a QR code in a
    picture or a PDF. `typed` is a number that was written and means an option, as if it was tapped.
    `model` is the id of the model that answers; the engine adds it.
    """

    text: str
    citizen: str
    id: str = ""
    language: str | None = None
    phone: str = ""
    tapped: bool = False
    readings: tuple[Reading, ...] = ()
    location: Location | None = None
    media: Media | None = None
    code: str = ""
    typed: str = ""
    model: str = ""

    @property
    def by_voice(self) -> bool:
        """Whether it was spoken."""
        return bool(self.readings)

    @property
    def spoken(self) -> str:
        """The language of a voice note; empty for what was written."""
        return self.readings[0].language if self.readings else ""

    def metadata(self) -> dict[str, Any]:
        """All but the text and the citizen, which Rasa's event has anyway; only what is there."""
        return {n: v for n, v in _told(self).items() if n not in ("text", "citizen")}

    @classmethod
    def of(cls, text: str, citizen: str, metadata: Mapping[str, Any]) -> Message:
        """The message whose metadata these are; what Rasa added to them is left out."""
        known = {name: metadata[name] for name in _MESSAGE & set(metadata)}
        if known.get("location"):
            known["location"] = Location(**known_fields(Location, known["location"]))
        if known.get("media"):
            known["media"] = Media(**known_fields(Media, known["media"]))
        readings = known.get("readings", ())
        known["readings"] = tuple(Reading(**known_fields(Reading, one)) for one in readings)
        return cls(text, citizen, **known)


_MESSAGE = {field.name for field in fields(Message)} - {"text", "citizen"}


@dataclass(frozen=True)
class Button:
    """A reply button or a row of a list. `payload` comes back when it is tapped; `description` is
    the second line of a row."""

    title: str
    payload: str
    description: str | None = None


@dataclass(frozen=True)
class Document:
    """A file to send along; where it is a department's, the host of `url` was checked."""

    url: str
    filename: str


NEWS_OFF, NEWS_ON, ERASE, SILENT = "news_off", "news_on", "erase", "silent"
"""What a reply may ask of who sends it: no news for this citizen any more, news again, to delete
what is kept of them, and to send nothing, for a person answers."""


@dataclass(frozen=True)
class Link:
    """A button that opens an address, such as a page to pay."""

    title: str
    url: str


@dataclass(frozen=True)
class Misunderstood:
    """Words of a citizen that led where they did not mean: `text`, `reason` as `api.review` names
    it, the service that they chose instead, where they did, and the key of the words' language,
    where it is known."""

    reason: str
    text: str
    chosen: str = ""
    key: str = ""


@dataclass(frozen=True)
class Reply:
    """One message to the citizen. `button_label` opens the list where there are many buttons;
    `link` is a button that leads elsewhere; `language` is that of the words, `act` one of the four
    above. `misunderstood` is for whoever reviews, and never sent. Its JSON has Rasa's names for
    what Rasa knows, `text` and `buttons`, so that `rasa shell` shows them."""

    text: str
    buttons: tuple[Button, ...] = ()
    button_label: str | None = None
    document: Document | None = None
    language: str | None = None
    act: str | None = None
    link: Link | None = None
    misunderstood: Misunderstood | None = None

    def as_json(self) -> dict[str, Any]:
        """The reply as a JSON object; what is not there is left out."""
        return _told(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Reply:
        """The reply that `as_json` gave."""
        buttons = tuple(Button(**known_fields(Button, one)) for one in told.get("buttons", ()))
        document = told.get("document")
        link, missed = told.get("link"), told.get("misunderstood")
        found = {
            **told,
            "buttons": buttons,
            "document": document and Document(**known_fields(Document, document)),
            "link": link and Link(**known_fields(Link, link)),
            "misunderstood": missed and Misunderstood(**known_fields(Misunderstood, missed)),
        }
        return cls(**known_fields(cls, found))


@dataclass(frozen=True)
class Notice:
    """What a citizen is told without having asked just now: a late answer, a receipt, a person's
    words. `citizen` is as in `Message`. `id` is the same for the same news: 1 to 128 letters,
    digits, or one of `._:-`.

    `about` is what the news are about, in a few words. It stands above `text`, and fills the
    template that WhatsApp demands when the citizen has been silent for 24 hours. `talk`: words of a
    talk with a person that the citizen is in; nothing stands above them, and they go to who wants
    no news, too.
    """

    id: str
    citizen: str
    language: str
    about: str
    text: str
    buttons: tuple[Button, ...] = ()
    document: Document | None = None
    link: Link | None = None
    talk: bool = False

    def as_json(self) -> dict[str, Any]:
        """The body of `POST /notices`."""
        return _told(self)


def _told(record: Any) -> Any:
    """A record as JSON; fields that are as they are by default are left out."""
    if isinstance(record, tuple):
        return [_told(one) for one in record]
    if not is_dataclass(record):
        return record
    values = {field.name: (getattr(record, field.name), field.default) for field in fields(record)}
    return {name: _told(value) for name, (value, usual) in values.items() if value != usual}


@dataclass(frozen=True)
class Understanding:
    """What the model made of a message: the words that it read, the kind of its decision, the key
    of their language, the intents with their probabilities (the likeliest first), the values found
    as (start, end, slot), and the model's id. `readings` are the other ones of a voice note,
    `options` the services of the decision."""

    text: str
    kind: str
    key: str
    ranking: tuple[tuple[str, float], ...] = ()
    marks: tuple[tuple[int, int, str], ...] = ()
    model: str = ""
    spoken: bool = False
    readings: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turned:
    """What a turn came to: the replies, and the tracker to keep with them.

    `understanding` is that of a text that answers no question of a form, `decision` the kind of its
    decision and its language key. `model` is the id of the model that answered.
    """

    replies: tuple[Reply, ...]
    tracker: str | None = None
    decision: tuple[str, str] | None = None
    understanding: Understanding | None = None
    model: str = ""

    @property
    def language(self) -> str | None:
        """That of the reply said last; None where no reply tells."""
        return next((one.language for one in reversed(self.replies) if one.language), None)

    @property
    def misunderstood(self) -> Misunderstood | None:
        """What the replies say of words that were not understood."""
        return next((one.misunderstood for one in self.replies if one.misunderstood), None)

    @property
    def acts(self) -> tuple[str, ...]:
        """What the replies ask of who sends them."""
        return tuple(one.act for one in self.replies if one.act)


class TurnFailed(RuntimeError):
    """A turn ended without a reply; nothing of it is to be kept, and it may be taken again.

    `trouble` is one of the three words above.
    """

    def __init__(self, why: str, trouble: str = FAILED) -> None:
        super().__init__(why)
        self.trouble = trouble


def payload(intent: str, **data: str) -> str:
    """What a button says when it is tapped, as Rasa reads it: `/intent{"key": "value"}`."""
    return f"/{intent}{json.dumps(data, ensure_ascii=False)}"


def read_payload(text: str) -> tuple[str, dict[str, str]]:
    """The intent and the data that `payload` was made of."""
    intent, brace, data = text[1:].partition("{")
    return intent, json.loads(brace + data) if brace else {}
