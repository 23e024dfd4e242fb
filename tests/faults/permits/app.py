"""The permits department as a real server with the sandbox's fault switch, and its books."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from actions.departments.credentials import SignatureHeaders, SigningKey
from actions.departments.signature import signature_headers
from actions.sandbox.faults import FaultyApp

CALLBACK_KEY = SigningKey(
    "permits",
    "callback-secret",
    SignatureHeaders("X-Signature", "X-Key-Id", "X-Timestamp", "X-Nonce"),
)


@dataclass(frozen=True)
class Done:
    """One write that the department carried out."""

    operation: str
    key: str
    plot: str
    number: str


@dataclass
class Permits:
    """What arrived, what was done; surveys end when a test says so."""

    done: list[Done] = field(default_factory=list)
    posts: list[tuple[str, str]] = field(default_factory=list)
    """(path, key) of each write that was sent to us, whatever became of it."""
    asked: list[str] = field(default_factory=list)
    surveys: dict[str, dict[str, Any]] = field(default_factory=dict)
    honours_keys: tuple[str, ...] = ("/fees", "/permits", "/renewals", "/surveys")

    def __post_init__(self) -> None:
        self.faulty = FaultyApp(self._app())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Note what arrives, then serve it, well or badly."""
        if scope["type"] == "http":
            if scope["method"] == "POST":
                headers = {name.lower(): value for name, value in scope["headers"]}
                self.posts.append((scope["path"], headers[b"idempotency-key"].decode()))
            else:
                self.asked.append(scope["path"])
        await self.faulty(scope, receive, send)

    def finish(self, key: str, state: str = "done") -> None:
        """A survey ends."""
        self.surveys[key].update(state=state, area="2.35")

    def _work(self, path: str, key: str, plot: str) -> Done:
        before = next((d for d in self.done if d.key == key), None)
        if before is not None and path in self.honours_keys:
            return before
        done = Done(path, key, plot, f"N-{len(self.done) + 1}")
        self.done.append(done)
        if path == "/surveys":
            self.surveys[key] = {"number": done.number, "state": "open", "reference": key}
        return done

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.get("/plots/{plot:path}/fee")
        def fee(plot: str) -> Any:
            return {"amount": 1200}

        @app.get("/references/{reference}")
        def by_reference(reference: str) -> Any:
            found = next((d for d in self.done if d.key == reference), None)
            return {"number": found.number} if found else _problem(404, "not_found")

        @app.get("/writes/{reference}")
        def write_of(reference: str) -> Any:
            found = next((d for d in self.done if d.key == reference), None)
            if found is None:
                return _problem(404, "unknown_write")
            return JSONResponse({"number": found.number}, 201)

        @app.get("/surveys/{reference}")
        def survey(reference: str) -> Any:
            return self.surveys.get(reference) or _problem(404, "not_found")

        @app.post("/{path}")
        async def write(path: str, request: Request) -> Response:
            key, body = request.headers["Idempotency-Key"], await request.json()
            done = self._work(f"/{path}", key, body["plot"])
            if path == "surveys":
                return JSONResponse(self.surveys[key], 202)
            return JSONResponse({"number": done.number}, 201)

        return app


async def call_back(
    url: str,
    body: Any,
    key: SigningKey = CALLBACK_KEY,
    path: str = "/callbacks/permits",
    clock: Callable[[], float] | None = None,
    times: int = 1,
) -> list[httpx.Response]:
    """Deliver a signed callback, the very same one `times` over."""
    content = json.dumps(body).encode()
    more = {} if clock is None else {"clock": clock}
    headers = signature_headers(key, "POST", path, "", content, **more)  # type: ignore[arg-type]
    async with httpx.AsyncClient(trust_env=False) as client:
        posts = [client.post(url + path, content=content, headers=headers) for _ in range(times)]
        return list(await asyncio.gather(*posts)) if times == 1 else [await post for post in posts]


def _problem(status: int, code: str) -> Response:
    return JSONResponse({"code": code}, status, media_type="application/problem+json")
