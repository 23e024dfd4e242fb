"""`GET /version` and `GET /status`: which Seva and which model answer, in Rasa's words.

Clients and dashboards that were made for Rasa ask there. Nothing is trained in a serving process.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.json_answer import json_response
from api.problems import Problem
from api.runtime import runtime
from nlu.registry import ARCHIVE
from nlu.version import OLDEST_MODELS, VERSION


async def version(request: Request) -> Response:
    """The version of Seva, and the oldest one whose models it loads."""
    runtime(request).keys.check(request.headers.get("authorization"), "parse")
    return json_response({"version": VERSION, "minimum_compatible_version": OLDEST_MODELS})


async def status(request: Request) -> Response:
    """The live model. Its file is named as in the registry, without the folders of the server."""
    now = runtime(request)
    now.keys.check(request.headers.get("authorization"), "parse")
    model = now.engine.model_id
    if not model:
        raise Problem("model-not-ready")
    file = f"{model}/{ARCHIVE}"
    return json_response({"model_id": model, "model_file": file, "num_active_training_jobs": 0})


routes = [
    Route("/version", version, methods=["GET"]),
    Route("/status", status, methods=["GET"]),
]
