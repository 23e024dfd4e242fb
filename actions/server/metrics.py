"""What the action server counts, in Prometheus' text format on a port of its own.

Besides actions, which are counted here: calls of departments and their breakers
(`actions.departments.metrics`), and rows that cannot be read (`nlu.storage.unreadable`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, Gauge, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nlu.web import Door

SECONDS = Histogram(
    "seva_action_seconds",
    "Time of an action, calls of departments included, by how it ended: answered, refused, failed "
    "or late.",
    ["action", "outcome"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40),
)
RUNNING = Gauge("seva_actions_running", "Actions that are being done now.")


@dataclass
class Timed:
    """One action while it is done; `outcome` is set before it ends."""

    action: str = "unknown"
    outcome: str = "late"  # until it is known to have ended otherwise


@contextmanager
def timed() -> Iterator[Timed]:
    """Counts an action when the block ends, however it does."""
    one, began = Timed(), time.monotonic()
    with RUNNING.track_inprogress():
        try:
            yield one
        finally:
            SECONDS.labels(one.action, one.outcome).observe(time.monotonic() - began)


def metrics_app(host: str) -> Door:
    """`/metrics` on an address that is listened on."""

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Door(Starlette(routes=[Route("/metrics", metrics)]), hosts=[host])
