"""What a backup says of itself: it stands first in the file, before the parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from nlu.backup.errors import BackupError

FORMAT = 1
NAME = "manifest.json"
Kind = Literal["sqlite", "postgresql", "file"]
Holds = Literal["state", "keys"]


@dataclass(frozen=True)
class Part:
    """A file in the backup. `sha256` in hex; `mode` are its permissions."""

    name: str
    kind: Kind
    bytes: int
    sha256: str
    mode: int = 0o600
    rows: Mapping[str, int] = field(default_factory=dict)
    """Of a database: how many each table has."""


@dataclass(frozen=True)
class Manifest:
    """Times are ISO 8601 in UTC."""

    holds: Holds
    seva: str
    made_at: str
    point: str
    """Everything that was acknowledged before this moment is in the backup."""
    parts: tuple[Part, ...]
    engines: Mapping[str, str] = field(default_factory=dict)
    """Engine of each store that a setting names: `state`, and `journal` where it is apart."""
    model: str = ""
    """Id of the live model; empty where there was none."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By file: names that tell keys apart without telling them (`seva keys list`)."""
    postgresql: str = ""
    """Versions of server and pg_dump."""
    held_ms: float = 0
    """How long writers had to wait at that moment."""
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.bytes for part in self.parts)

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(sum(part.rows.values()) for part in self.parts)

    def encode(self) -> bytes:
        """As it stands in the file."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def decode(cls, raw: bytes) -> Manifest:
        """Raises BackupError."""
        try:
            found: dict[str, Any] = json.loads(raw)
            if found["format"] != FORMAT:
                raise BackupError(
                    f"the backup has format {found['format']}, this Seva reads {FORMAT}: restore "
                    f"it with the Seva that wrote it ({found.get('seva', 'unknown')})"
                )
            parts = tuple(Part(**part) for part in found.pop("parts"))
            keys = {name: tuple(names) for name, names in found.pop("keys").items()}
            return cls(parts=parts, keys=keys, **found)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BackupError("this is no backup of Seva: its manifest cannot be read") from error
