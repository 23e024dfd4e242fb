"""`GET /health/live` and `/health/ready`: for whoever starts, watches and balances processes.

A balancer on the public listener learns whether; why not is told on the internal one only.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.json_answer import json_response
from api.live_engine import LiveEngine
from api.problems import Problem
from api.runtime import Runtime, runtime
from nlu.log import describe


async def live(request: Request) -> Response:
    """The process runs."""
    return json_response({"status": "ok"})


async def ready(request: Request) -> Response:
    """The process can understand texts and keep messages, and will go on doing so; 503 if not."""
    if runtime(request).drain.unready:
        raise Problem("draining")
    if any(state != "ok" for state in (await found_checks(runtime(request))).values()):
        raise Problem("not-ready")
    return json_response({"status": "ok"})


async def checks(request: Request) -> Response:
    """The same, and the reason. `troubles` are those that the process gets along with: a new model
    that does not load."""
    now = runtime(request)
    found = await found_checks(now)
    if now.drain.unready:
        raise Problem("draining", checks=found)
    if any(state != "ok" for state in found.values()):
        raise Problem("not-ready", checks=found)
    answer: dict[str, Any] = {"status": "ok", "checks": found}
    named = {"model": now.engine, "canary": now.canary}
    troubles = {
        name: engine.trouble
        for name, engine in named.items()
        if isinstance(engine, LiveEngine) and engine.trouble
    }
    if troubles:
        answer["troubles"] = troubles
    return json_response(answer)


async def show_vitals(now: Runtime) -> None:
    """Tells the metrics of this process whether it is ready and which model serves."""
    ready = await is_ready(now)
    release = now.engine.release if isinstance(now.engine, LiveEngine) else None
    now.metrics.vitals.show(ready=ready, model=release.model_id if release else "")
    if now.canary is not None:
        now.metrics.show_canary(now.canary.wanted, answers=now.canary.percent > 0)


async def is_ready(now: Runtime) -> bool:
    """Whether `/health/ready` says so."""
    found = await found_checks(now)
    return all(state == "ok" for state in found.values()) and not now.drain.unready


def say_unready(now: Runtime) -> None:
    """From now on the process tells everybody that it is about to stop."""
    now.drain.unready = True
    now.metrics.vitals.show_ready(False)


async def found_checks(now: Runtime) -> dict[str, str]:
    """What is looked at for readiness, each with `ok` or what is wrong with it."""
    engine = now.engine
    loaded = not isinstance(engine, LiveEngine) or engine.is_ready
    checks = {"model": "ok" if loaded else getattr(engine, "trouble", "loading")}
    try:
        if now.inbox is None:
            checks["inbox"] = "closed"
        else:
            await now.inbox.depth()
            checks["inbox"] = "ok"
    except Exception as error:
        checks["inbox"] = describe(error)
    return checks


routes = [
    Route("/health/live", live, methods=["GET"]),
    Route("/health/ready", ready, methods=["GET"]),
]
internal_routes = [
    Route("/health/live", live, methods=["GET"]),
    Route("/health/ready", checks, methods=["GET"]),
]
