"""What the catalogue must know of each kind of slot. The kind says it in `nlu/slots/kinds/`.

The slots stand on the catalogue and may import it, not the reverse. So the kinds are looked up by
the name of their module, when the first slot type is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol

from nlu.catalogue.model import SlotType


class SlotKind(Protocol):
    """Which keys of `data/slot_types.yml` a type of one kind must have, and which it may have."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys that must be there."""
        ...

    @property
    def allows(self) -> tuple[str, ...]:
        """Keys that may be there."""
        ...

    @property
    def check(self) -> Callable[[SlotType], tuple[str, str, str] | None]:
        """A mistake in a type: its key, what is wrong, and what to do about it."""
        ...


def slot_kinds() -> Mapping[str, SlotKind]:
    """All kinds by name."""
    kinds: Mapping[str, SlotKind] = import_module("nlu.slots.kind").kinds()
    return kinds
