"""Whose conversation it is, and what its messages are called here.

A backend may use a phone number or an account as the name of a conversation, so the name is kept as
a keyed hash only. The client is part of what is hashed: two clients never share a conversation,
whatever names they use. Nobody has to compare owners, so no comparison can be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from api.channel import REST
from api.problems import Problem
from nlu.settings.api_keys_file import ApiKey
from nlu.storage.sealing import keyed_hash

NAME = regex.compile(r"[A-Za-z0-9._:-]{1,128}")
"""What conversations and messages may be called."""


@dataclass(frozen=True)
class Conversation:
    """One conversation. `hidden` stands for client and name; it is no phone number to anybody."""

    name: str
    hidden: str

    @classmethod
    def of(cls, key: ApiKey, name: str) -> Conversation:
        """That of a client. Raises the problem `invalid-request` for a name of another form."""
        if not NAME.fullmatch(name):
            raise Problem("invalid-request", f"The conversation {NAMED}.")
        return cls(name, keyed_hash(f"{key.owner}\n{name}", "conversation"))

    @property
    def lane(self) -> str:
        """As `api.whatsapp.payload.Inbound` has it."""
        return f"{REST.name}:{self.hidden}"

    def message_id(self, given: str) -> str:
        """What the inbox calls a message that the client calls `given`."""
        return f"{self.lane}/{given}"

    def given_id(self, inbox_id: str) -> str | None:
        """What the client calls the message that a reply answers; None for news. What is said
        besides the answer has more behind a slash."""
        mine = f"{self.lane}/"
        return inbox_id[len(mine) :].partition("/")[0] if inbox_id.startswith(mine) else None


NAMED = "must have 1 to 128 letters, digits or `._:-`"
