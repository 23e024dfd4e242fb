"""What the action server reads from the environment for its work besides answering Rasa.

Meanings and defaults are documented with all others in `nlu.settings`; a test compares them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nlu.action_address import EMBEDDED, ActionAddress
from nlu.paths import var_folder

_DAY = 86400.0
_MIB = 1024 * 1024


@dataclass(frozen=True)
class ServerSettings:
    """Addresses, keys, and times in seconds."""

    address: ActionAddress = field(default_factory=lambda: ActionAddress.of(EMBEDDED, Path("var")))
    """Where the worker calls actions."""
    secret: str = ""
    action_seconds: float = 40.0
    """For one action; more than the departments' `total`, which it may need twice."""
    action_bytes: int = 8 * _MIB
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 8782
    """0: metrics are not served."""
    log_level: str = "INFO"
    callbacks_host: str = "127.0.0.1"
    callbacks_port: int = 5056
    """0: callbacks are not served."""
    notices_url: str = "http://127.0.0.1:8783/notices"
    notices_key: str = "seva-demo-notices-key"
    settle_every: float = 2.0
    keep_writes: float = 90 * _DAY
    keep_payments: float = 730 * _DAY
    keep_profiles: float = 365 * _DAY
    keep_handovers: float = 90 * _DAY

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> ServerSettings:
        """The SEVA_ variables. Raises ValueError with the name of one that is not as it should."""
        env = os.environ if environ is None else environ
        default = cls()

        def number(name: str, usual: float) -> float:
            try:
                return float(env.get(name) or usual)
            except ValueError:
                raise ValueError(f"{name} must be a number") from None

        host = env.get("SEVA_INTERNAL_HOST") or "127.0.0.1"
        inside = host, env.get("SEVA_INTERNAL_PORT") or "8783"
        return cls(
            address=ActionAddress.of(env.get("SEVA_ACTION_SERVER_URL") or EMBEDDED, var_folder()),
            secret=env.get("SEVA_ACTIONS_SECRET") or default.secret,
            action_seconds=number("SEVA_ACTION_SECONDS", default.action_seconds),
            action_bytes=int(number("SEVA_ACTION_BYTES", default.action_bytes)),
            metrics_host=env.get("SEVA_ACTIONS_METRICS_HOST") or default.metrics_host,
            metrics_port=int(number("SEVA_ACTIONS_METRICS_PORT", default.metrics_port)),
            log_level=env.get("SEVA_LOG_LEVEL") or default.log_level,
            callbacks_host=env.get("SEVA_CALLBACKS_HOST") or default.callbacks_host,
            callbacks_port=int(number("SEVA_CALLBACKS_PORT", default.callbacks_port)),
            notices_url=env.get("SEVA_NOTICES_URL") or "http://{}:{}/notices".format(*inside),
            notices_key=env.get("SEVA_NOTICES_KEY") or default.notices_key,
            settle_every=number("SEVA_SETTLE_SECONDS", default.settle_every),
            keep_writes=number("SEVA_KEEP_WRITES_DAYS", default.keep_writes / _DAY) * _DAY,
            keep_payments=number("SEVA_KEEP_PAYMENTS_DAYS", default.keep_payments / _DAY) * _DAY,
            keep_profiles=number("SEVA_KEEP_PROFILES_DAYS", default.keep_profiles / _DAY) * _DAY,
            keep_handovers=number("SEVA_KEEP_HANDOVERS_DAYS", default.keep_handovers / _DAY) * _DAY,
        )
