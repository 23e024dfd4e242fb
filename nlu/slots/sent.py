"""What is sent rather than written: a spot on the map, a photo or a file."""

from __future__ import annotations

import regex

from nlu.catalogue import SlotType
from nlu.slots.result import Parsed, Rejected
from nlu.text import Normalised

_SPOT = regex.compile(r"(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)")
_FILE = regex.compile(r"([a-z]+/[a-z0-9.+-]+);([\w.:=-]+)")


def parse_location(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """Latitude and longitude in degrees (WGS 84), stored with six decimals, 0.1 m."""
    found = _SPOT.fullmatch(text.text.strip())
    if found is None:
        return Rejected("format")
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return Rejected("too_large")
    return Parsed(f"{latitude:.6f},{longitude:.6f}")


def parse_attachment(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """A file that lies at WhatsApp, as `media type;id`. Nobody types this: the form takes it from
    what a message carries, and from no words."""
    found = _FILE.fullmatch(text.text.strip())
    if found is None or (slot_type.accepts and found[1] not in slot_type.accepts):
        return Rejected("format")
    return Parsed(found[0])
