"""What is sent and not written: a spot on the map (`location`), a photo or file (`attachment`)."""

from __future__ import annotations

import regex

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.kind import Kind, Parsed, Phrase, Rejected, Said, register

_SPOT = regex.compile(r"(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)")
PIN = regex.compile(r"-?\d+\.\d+,-?\d+\.\d+")  # a spot as it is stored
_FILE = regex.compile(r"([a-z]+/[a-z0-9.+-]+);([\w.:=-]+)")


def read_location(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """Latitude and longitude in degrees (WGS 84), stored with six decimals, 0.1 m."""
    found = _SPOT.fullmatch(said.text.strip())
    if found is None:
        return Rejected("format")
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return Rejected("too_large")
    return Parsed(f"{latitude:.6f},{longitude:.6f}")


def read_attachment(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """A file at WhatsApp, as `media type;id`. Nobody types this: the form takes it from the file of
    a message, never from words."""
    found = _FILE.fullmatch(said.text.strip())
    if found is None or (slot_type.accepts and found[1] not in slot_type.accepts):
        return Rejected("format")
    return Parsed(found[0])


def show_location(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> Phrase:
    """The spot with four decimals, about 10 m."""
    at = ", ".join(f"{float(degrees):.4f}" for degrees in value.split(","))
    return Phrase("sent_spot", {"at": at})


def show_attachment(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> Phrase:
    """That a photo or a file was sent."""
    return Phrase("sent_photo" if value.startswith("image/") else "sent_file", {})


register(
    Kind(
        name="location",
        reads="a spot shared on the map, or its coordinates: `16.506174,80.648015`",
        read=read_location,
        show=show_location,
    ),
    Kind(
        name="attachment",
        reads="a photo or file that was sent, never words: `image/jpeg;MEDIA-ID`",
        read=read_attachment,
        needs=("accepts",),
        show=show_attachment,
    ),
)
