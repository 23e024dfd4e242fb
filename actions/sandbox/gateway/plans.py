"""What becomes of a payment at the sandbox's gateway: the plans of `seeds/gateway.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from actions.sandbox.store import load_seed

Callback = Literal["sent", "lost", "twice", "late", "forged"]


@dataclass(frozen=True)
class Plan:
    """How a payment goes; every default is how it should go. Times in seconds, `extra` in paise."""

    ends: Literal["paid", "failed", "open"] = "paid"
    pending_s: float = 0
    debited: bool = False
    """A failed one took the money all the same; the bank gives it back by itself."""
    extra: int = 0
    """Paid so much more than the order says."""
    told: bool = True
    """The department learns of it."""
    takes: bool = True
    """The department books it when it is told again."""
    callback: Callback = "sent"
    late_s: float = 0
    refund_s: float = 0
    """A refund takes so long."""


@lru_cache(maxsize=1)
def plans() -> Mapping[str, Plan]:
    """Every plan by name."""
    return {name: Plan(**raw) for name, raw in load_seed("gateway")["plans"].items()}
