"""Serves any OpenAPI document by its own examples, so that a department needs no code even here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from actions.departments.openapi import ApiOperation, load_openapi
from nlu.fast_yaml import load_yaml


@dataclass
class DescribedServer:
    """What was asked of it, by Idempotency-Key; the same key gets the same answer."""

    document: Path
    key: str
    writes: dict[str, Any] = field(default_factory=dict)

    def app(self) -> FastAPI:
        """Every operation of the document."""
        app = FastAPI(openapi_url=None)
        raw = load_yaml(self.document.read_text("utf-8"))
        for api in load_openapi(self.document).values():
            answers = raw["paths"][api.path][api.method.lower()]["responses"]
            status = min(answers)
            example = answers[status]["content"]["application/json"]["example"]
            route = self._route(api, int(status), example)
            app.add_api_route(api.path, route, methods=[api.method])
        return app

    def _route(self, api: ApiOperation, status: int, example: Any) -> Any:
        async def serve(request: Request) -> Response:
            body = json.loads(await request.body() or b"null")
            headers = dict(request.headers)
            given = {"path": request.path_params, "query": dict(request.query_params)}
            if headers.get("x-api-key") != self.key:
                return JSONResponse({"code": "unauthorised"}, 401)
            breach = api.request_violation({**given, "header": headers}, body)
            if breach is not None:
                return JSONResponse({"code": "invalid_request", "detail": breach}, 422)
            self.writes.setdefault(headers.get("idempotency-key", ""), body)
            return JSONResponse(_filled(example, body or {}), status)

        return serve


def _filled(example: Any, said: dict[str, Any]) -> Any:
    """The example, with what the request said in the members of the same name."""
    if not isinstance(example, dict):
        return example
    return {name: said.get(name, _filled(value, said)) for name, value in example.items()}
