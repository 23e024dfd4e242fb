"""What of a signed delivery is for us, and of now.

The signature is the app's, and an app may have several numbers; whoever recorded a delivery can
send it again when its ids are long forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from api.whatsapp.payload import Delivery, Inbound

FOREIGN, STALE = "foreign_number", "too_old"


@dataclass(frozen=True)
class Admission:
    """The delivery that is kept, and how many of its parts are not, by reason."""

    delivery: Delivery
    refused: Mapping[str, int]


def admit(
    delivery: Delivery, phone_number_id: str, now: float, within: float, ahead: float
) -> Admission:
    """`within`: how old a message may be, in seconds; `ahead`: how far its time may be before our
    clock. One from later came just now; one without a time as well."""
    refused: Counter[str] = Counter()
    messages = []
    for message in delivery.messages:
        reason = _refusal(message, phone_number_id, now - within)
        if reason:
            refused[reason] += 1
        else:
            messages.append(_dated(message, now, ahead))
    statuses = tuple(one for one in delivery.statuses if one.phone_number_id == phone_number_id)
    foreign = len(delivery.statuses) - len(statuses)
    if foreign:
        refused[FOREIGN] += foreign
    return Admission(replace(delivery, messages=tuple(messages), statuses=statuses), refused)


def _refusal(message: Inbound, phone_number_id: str, oldest: float) -> str | None:
    if message.phone_number_id != phone_number_id:
        return FOREIGN
    return STALE if 0 < message.timestamp < oldest else None


def _dated(message: Inbound, now: float, ahead: float) -> Inbound:
    if 0 < message.timestamp <= now + ahead:
        return message
    return replace(message, timestamp=int(now))
