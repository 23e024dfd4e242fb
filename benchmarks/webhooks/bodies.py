"""Deliveries as Meta writes and signs them, each with messages that nobody has seen."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from api.whatsapp.payload import HEADER, sign
from benchmarks.upheaval.lines import post_request

TEXT = "naa current bill entha vachindi cheppandi 6123401005678"
_EACH = 8
"""Messages of one citizen; Seva takes 20 in a minute."""


@dataclass(frozen=True)
class Source:
    """An account of WhatsApp, and where its deliveries go. `size`: messages in each."""

    url: str
    number: str
    secret: str
    size: int
    run: str = field(default_factory=lambda: secrets.token_hex(4))

    def requests(self, count: int) -> list[bytes]:
        """Whole HTTP requests. Each message is a change of its own, with its metadata and contact,
        as Meta puts several updates together."""
        return [self._request(body) for body in self._bodies(count)]

    def _bodies(self, count: int) -> Iterator[bytes]:
        now = int(time.time())
        for first in range(0, count * self.size, self.size):
            numbers = range(first, first + self.size)
            changes = [{"field": "messages", "value": self._value(n, now)} for n in numbers]
            entry = {"id": "102290129340398", "changes": changes}
            yield json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()

    def _value(self, number: int, now: int) -> dict[str, Any]:
        phone = f"9197{number // _EACH:08}"
        user = f"IN.{self.run}{number // _EACH:010}"
        return {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "918001100", "phone_number_id": self.number},
            "contacts": [{"profile": {"name": "Ramesh"}, "wa_id": phone, "user_id": user}],
            "messages": [
                {
                    "from": phone,
                    "from_user_id": user,
                    "id": f"wamid.{self.run}.{number}",
                    "timestamp": str(now),
                    "type": "text",
                    "text": {"body": TEXT},
                }
            ],
        }

    def _request(self, body: bytes) -> bytes:
        signed = {"Content-Type": "application/json", HEADER: sign(body, self.secret)}
        return post_request(self.url, body, signed)
