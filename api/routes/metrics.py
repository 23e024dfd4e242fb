"""`GET /metrics` in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.routes.health import show_vitals
from api.runtime import runtime
from nlu.log import describe, get_logger

log = get_logger(__name__)


async def metrics(request: Request) -> Response:
    """All measures, the store's depth as of now."""
    now = runtime(request)
    await show_vitals(now)
    if now.inbox is not None:
        try:
            now.metrics.show_depth(await now.inbox.depth())
        except Exception as error:
            log.error("depth_unknown", error=describe(error))
    text = generate_latest(now.metrics.exposed())
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


routes = [Route("/metrics", metrics, methods=["GET"])]
