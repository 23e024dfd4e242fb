"""What the action server reads from the environment for its work besides answering Rasa.

Meanings and defaults are documented with all others in `api.settings`; a test compares them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

_DAY = 86400.0


@dataclass(frozen=True)
class ServerSettings:
    """Addresses, the key of `/notices`, and times in seconds."""

    callbacks_host: str = "127.0.0.1"
    callbacks_port: int = 5056
    """0: callbacks are not served."""
    notices_url: str = "http://127.0.0.1:8782/notices"
    notices_key: str = "seva-demo-notices-key"
    settle_every: float = 2.0
    keep_writes: float = 90 * _DAY
    keep_profiles: float = 365 * _DAY
    keep_handovers: float = 90 * _DAY

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> ServerSettings:
        """The SEVA_ variables. Raises ValueError with the name of one that should be a number."""
        env = os.environ if environ is None else environ
        default = cls()

        def number(name: str, usual: float) -> float:
            try:
                return float(env.get(name) or usual)
            except ValueError:
                raise ValueError(f"{name} must be a number") from None

        host = env.get("SEVA_INTERNAL_HOST") or "127.0.0.1"
        inside = host, env.get("SEVA_INTERNAL_PORT") or "8782"
        return cls(
            callbacks_host=env.get("SEVA_CALLBACKS_HOST") or default.callbacks_host,
            callbacks_port=int(number("SEVA_CALLBACKS_PORT", default.callbacks_port)),
            notices_url=env.get("SEVA_NOTICES_URL") or "http://{}:{}/notices".format(*inside),
            notices_key=env.get("SEVA_NOTICES_KEY") or default.notices_key,
            settle_every=number("SEVA_SETTLE_SECONDS", default.settle_every),
            keep_writes=number("SEVA_KEEP_WRITES_DAYS", default.keep_writes / _DAY) * _DAY,
            keep_profiles=number("SEVA_KEEP_PROFILES_DAYS", default.keep_profiles / _DAY) * _DAY,
            keep_handovers=number("SEVA_KEEP_HANDOVERS_DAYS", default.keep_handovers / _DAY) * _DAY,
        )
