"""What the simulator knows about the Cloud API: `meta.yml`, read once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml

FILE = Path(__file__).with_name("meta.yml")


@dataclass(frozen=True)
class MediaKind:
    """Largest file in bytes and the accepted MIME types of one kind of media."""

    largest: int
    types: frozenset[str]


@dataclass(frozen=True)
class DeliveryRules:
    """How webhooks are delivered; times in seconds, `wait` before each further try."""

    timeout: float
    wait: tuple[float, ...]
    give_up_after: float
    at_once: int
    pending: int


@dataclass(frozen=True)
class SeedCitizen:
    """A phone that exists from the start."""

    phone: str
    name: str
    language: str


@dataclass(frozen=True)
class Rules:
    """The whole of `meta.yml`."""

    account_id: str
    display_phone_number: str
    verified_name: str
    limits: dict[str, int]
    media_kinds: dict[str, MediaKind]
    inbound_types: frozenset[str]
    url_life: float
    upload_life: float
    webhook_life: float
    kept_bytes: int
    window: float
    typing: float
    sent_after: float
    delivered_after: float
    pair_burst: int
    pair_every: float
    delivery: DeliveryRules
    kept: dict[str, int]
    errors: dict[int, tuple[int, str]]
    templates: dict[str, dict[str, str]]
    citizens: tuple[SeedCitizen, ...]

    def kind_of(self, mime_type: str) -> str | None:
        """The kind of media a MIME type belongs to, or None where Meta refuses it."""
        plain = plain_type(mime_type)
        for kind, rule in self.media_kinds.items():
            if plain in rule.types:
                return kind
        return None


def plain_type(mime_type: str) -> str:
    """`audio/ogg; codecs=opus` -> `audio/ogg`."""
    return mime_type.split(";")[0].strip().lower()


def load_rules(path: Path = FILE) -> Rules:
    """The rules in a YAML file shaped like `meta.yml`."""
    data: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    media, delivery = data["media"], data["delivery"]
    return Rules(
        **data["business"],
        limits=data["limits"],
        media_kinds={
            kind: MediaKind(rule["bytes"], frozenset(rule["types"]))
            for kind, rule in media["kinds"].items()
        },
        inbound_types=frozenset(media["inbound_types"]),
        url_life=media["url_life"],
        upload_life=media["upload_life"],
        webhook_life=media["webhook_life"],
        kept_bytes=media["kept_bytes"],
        window=data["window"],
        typing=data["typing"],
        sent_after=data["statuses"]["sent"],
        delivered_after=data["statuses"]["delivered"],
        pair_burst=data["pair"]["burst"],
        pair_every=data["pair"]["every"],
        delivery=DeliveryRules(**{**delivery, "wait": tuple(delivery["wait"])}),
        kept=data["kept"],
        errors={code: (status, title) for code, (status, title) in data["errors"].items()},
        templates=data["templates"],
        citizens=tuple(SeedCitizen(**citizen) for citizen in data["citizens"]),
    )
