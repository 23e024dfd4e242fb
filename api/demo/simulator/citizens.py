"""Citizens with a phone, and the messages between each of them and the bot; bounded in memory."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

STATES = ("pending", "sent", "delivered", "read")


@dataclass
class Message:
    """One message; `content` has Meta's shape: `{"type": "text", "text": {...}, ...}`.

    `state` counts upwards through `STATES`, or is `failed`. A citizen's message is `sent` once it
    is on its way, `delivered` once the bot's webhook answered 200, `read` once the bot said so.
    """

    id: str
    citizen: str
    direction: str
    timestamp: float
    content: dict[str, Any]
    state: str = "pending"
    number: int = 0
    reply_to: str | None = None
    tracker: str | None = None
    reaction: str = ""
    error: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def raise_to(self, state: str) -> bool:
        """Moves the state upwards; False if it was there already or the message failed."""
        if self.state == "failed" or STATES.index(state) <= STATES.index(self.state):
            return False
        self.state = state
        return True

    def as_dict(self) -> dict[str, Any]:
        """For the page and the outbox."""
        return {
            "id": self.id,
            "number": self.number,
            "citizen": self.citizen,
            "direction": self.direction,
            "timestamp": self.timestamp,
            "content": self.content,
            "state": self.state,
            "reply_to": self.reply_to,
            "tracker": self.tracker,
            "reaction": self.reaction,
            "error": self.error,
            **self.extra,
        }


@dataclass
class Citizen:
    """A phone. With a `username` WhatsApp hides the number from the bot."""

    phone: str
    name: str
    language: str = "te"
    username: str | None = None
    born: int = 0
    since: float = 0.0
    """When the phone was made, in epoch seconds; 0 for those that lie there from the start."""
    last_inbound: float | None = None
    messages: list[Message] = field(default_factory=list)
    sends: list[float] = field(default_factory=list)

    @property
    def user_id(self) -> str:
        """Business-scoped user id: stable for the phone, says nothing about it."""
        digest = hashlib.sha256(f"seva-simulator:{self.phone}".encode()).hexdigest()
        return f"IN.{int(digest[:16], 16):020d}"[:22]

    def as_dict(self) -> dict[str, Any]:
        """For the page."""
        last = self.messages[-1] if self.messages else None
        return {
            "phone": self.phone,
            "name": self.name,
            "language": self.language,
            "username": self.username,
            "user_id": self.user_id,
            "since": self.since,
            "last": last.as_dict() if last else None,
        }


def new_message_id(phone: str) -> str:
    """An id that looks like WhatsApp's: `wamid.` and base64."""
    raw = b"\x1d\x01" + phone.encode() + secrets.token_bytes(18)
    return "wamid." + base64.b64encode(raw).decode()


class CitizenBook:
    """All citizens by phone, the least recently active first to go."""

    def __init__(self, *, citizens: int, messages: int) -> None:
        self._most_citizens = citizens
        self._most_messages = messages
        self._citizens: OrderedDict[str, Citizen] = OrderedDict()
        self._by_user_id: dict[str, str] = {}
        self._messages: dict[str, Message] = {}
        self._numbers = 0
        self._births = 0

    def __iter__(self) -> Iterator[Citizen]:
        """In the order in which the phones came."""
        return iter(sorted(self._citizens.values(), key=lambda citizen: citizen.born))

    @property
    def last_number(self) -> int:
        """The number of the newest message of all."""
        return self._numbers

    def get(self, phone_or_user_id: str) -> Citizen | None:
        """The citizen with this phone (any notation) or business-scoped user id."""
        phone = self._by_user_id.get(phone_or_user_id, normalise_phone(phone_or_user_id))
        return self._citizens.get(phone)

    def add(self, phone: str, name: str = "", language: str = "te", *, at: float = 0.0) -> Citizen:
        """The citizen with this phone, made at that moment if there is none."""
        phone = normalise_phone(phone)
        citizen = self._citizens.get(phone)
        if citizen is None:
            self._births += 1
            citizen = Citizen(phone, name or f"+{phone}", language, born=self._births, since=at)
            self._citizens[phone] = citizen
            self._by_user_id[citizen.user_id] = phone
            if len(self._citizens) > self._most_citizens:
                self._forget(next(iter(self._citizens)))
        return citizen

    def keep(self, citizen: Citizen, message: Message) -> Message:
        """Puts a message at the end of the citizen's chat and numbers it."""
        self._numbers += 1
        message.number = self._numbers
        citizen.messages.append(message)
        self._messages[message.id] = message
        self._citizens.move_to_end(citizen.phone)
        if len(citizen.messages) > self._most_messages:
            self._messages.pop(citizen.messages.pop(0).id, None)
        return message

    def message(self, message_id: str | None) -> Message | None:
        """A message by its id."""
        return self._messages.get(message_id or "")

    def clear(self) -> None:
        """Forgets everybody."""
        for phone in list(self._citizens):
            self._forget(phone)

    def _forget(self, phone: str) -> None:
        citizen = self._citizens.pop(phone)
        self._by_user_id.pop(citizen.user_id, None)
        for message in citizen.messages:
            self._messages.pop(message.id, None)


def normalise_phone(text: str) -> str:
    """`+91 98480 12345` -> `919848012345`."""
    return "".join(character for character in text if "0" <= character <= "9")
