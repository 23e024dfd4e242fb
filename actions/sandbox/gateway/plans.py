"""The plans of `seeds/gateway.yml`: what can happen to a payment at the sandbox's gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from actions.sandbox.store import load_seed

Callback = Literal["sent", "lost", "twice", "late", "forged"]


@dataclass(frozen=True)
class Plan:
    """How a payment goes. The defaults are how it should go. Times in seconds, `extra` in paise."""

    ends: Literal["paid", "failed", "open"] = "paid"
    pending_s: float = 0
    debited: bool = False
    """It fails, but the bank has taken the money, and gives it back by itself."""
    extra: int = 0
    """So much more is paid than the order says."""
    told: bool = True
    """The gateway tells the department."""
    takes: bool = True
    """The department books it when Seva tells it."""
    callback: Callback = "sent"
    late_s: float = 0
    refund_s: float = 0
    """A refund takes so long."""


@lru_cache(maxsize=1)
def plans() -> Mapping[str, Plan]:
    """Every plan by name."""
    return {name: Plan(**raw) for name, raw in load_seed("gateway")["plans"].items()}
