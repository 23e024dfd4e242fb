"""What the action server counts, in Prometheus' text format on a port of its own.

Besides actions, which are counted here: calls of departments and their breakers
(`actions.departments.metrics`), rows that cannot be read (`nlu.storage.unreadable`), and what every
role tells of itself (`nlu.vital_signs`). What each metric means stands in `docs/metrics.md`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actions.departments.journal import STATES
from actions.server.context import Context
from nlu.log import describe, get_logger
from nlu.vital_signs import VitalSigns
from nlu.web import Door

log = get_logger(__name__)
SECONDS = Histogram(
    "seva_action_seconds",
    "Time of an action, calls of departments included, by how it ended: answered, refused, failed, "
    "late, or stood_still.",
    ["action", "outcome"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40),
)
RUNNING = Gauge("seva_actions_running", "Actions that are being done now.")
UNSETTLED = Gauge(
    "seva_writes_unsettled",
    "Writes to departments that are yet to be asked after, or whose answer is yet to be told, by "
    "state in the journal.",
    ["state"],
)
OLDEST = Gauge("seva_writes_oldest_seconds", "Age of the oldest of them, by state.", ["state"])
VITALS = VitalSigns(REGISTRY)


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


async def look(here: Context) -> None:
    """Sets what is measured when somebody asks: readiness, model, and the journal's depth."""
    try:
        found = await asyncio.to_thread(here.departments.journal.unsettled, time.time())
    except Exception as error:  # `health` says so too
        log.error("depth_unknown", error=describe(error))
    else:
        for state in STATES:
            count, age = found.get(state, (0, 0.0))
            UNSETTLED.labels(state).set(count)
            OLDEST.labels(state).set(age)
    VITALS.show(ready=not await here.health(), model=here.release.model_id)


async def _nothing() -> None:
    """For a server without a release."""


def metrics_app(host: str, measure: Callable[[], Awaitable[None]] = _nothing) -> Door:
    """`/metrics` on an address that is listened on; `measure` is awaited before each answer."""

    async def metrics(_: Request) -> Response:
        await measure()
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Door(Starlette(routes=[Route("/metrics", metrics)]), hosts=[host])
