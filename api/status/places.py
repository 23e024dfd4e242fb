"""Where the roles of this machine are asked: addresses from the settings that the roles read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nlu.action_address import HEALTH
from nlu.settings.settings import Settings, reached


@dataclass(frozen=True)
class Place:
    """Where one role tells how it is. `off` says why it cannot be asked at all."""

    role: str
    health: str = ""
    metrics: str = ""
    socket: Path | None = None
    """Of the health endpoint, where that is no port."""
    off: str = ""
    work: str = ""
    """Name of the histogram that counts what the role does."""
    work_labels: Mapping[str, str] | None = None
    """Of those of its series that the 95th percentile is about; None for all."""

    @property
    def address(self) -> str:
        """For people."""
        return f"unix://{self.socket}" if self.socket is not None else self.health


def places(settings: Settings) -> tuple[Place, ...]:
    """One for each role that an operator runs."""
    return _serve(settings), _worker(settings), _actions(settings), _documents(settings)


def _serve(settings: Settings) -> Place:
    if not settings.internal_port:
        return Place("serve", off="SEVA_INTERNAL_PORT is 0")
    base = _base(settings.internal_host, settings.internal_port)
    return Place("serve", f"{base}/health/ready", f"{base}/metrics", work="seva_parse_seconds")


def _worker(settings: Settings) -> Place:
    if not settings.worker_metrics_port:
        return Place("worker", off="SEVA_WORKER_METRICS_PORT is 0")
    base = _base(settings.worker_metrics_host, settings.worker_metrics_port)
    return Place(
        "worker",
        f"{base}/health/ready",
        f"{base}/metrics",
        work="seva_turn_seconds",
        work_labels={"voice": "false"},
    )


def _actions(settings: Settings) -> Place:
    address, metrics = settings.action_address, ""
    if settings.actions_metrics_port:
        base = _base(settings.actions_metrics_host, settings.actions_metrics_port)
        metrics = f"{base}/metrics"
    return Place(
        "actions", address.base_url + HEALTH, metrics, address.socket, work="seva_action_seconds"
    )


def _documents(settings: Settings) -> Place:
    base = _base(settings.documents_host, settings.documents_port)
    return Place("documents", f"{base}/health")


def _base(host: str, port: int) -> str:
    host = reached(host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
