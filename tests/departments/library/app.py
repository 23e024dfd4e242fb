"""The library as a real server: token endpoint, books, reservations once per key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

SECRET = "library-secret-7f3a"
BOOK = {"book": {"shelf": "తె-12", "on_loan": False, "due_back": None}}


@dataclass
class Library:
    """What the server was asked and what it holds; `lifetime` is that of its tokens, seconds."""

    lifetime: float | None = 3600
    requests: list[Request] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)
    good: set[str] = field(default_factory=set)
    reservations: dict[str, dict[str, Any]] = field(default_factory=dict)
    token_answer: Response | None = None
    token_forms: list[str] = field(default_factory=list)

    def revoke(self) -> None:
        """All tokens given so far are refused from now on."""
        self.good.clear()

    def app(self) -> FastAPI:
        """The server."""
        app = FastAPI(openapi_url=None)

        @app.post("/token")
        async def token(request: Request) -> Response:
            self.requests.append(request)
            self.token_forms.append((await request.body()).decode())
            if self.token_answer is not None:
                return self.token_answer
            value = secrets.token_urlsafe(16)
            self.issued.append(value)
            self.good.add(value)
            answer: dict[str, Any] = {"access_token": value, "token_type": "Bearer"}
            if self.lifetime is not None:
                answer["expires_in"] = self.lifetime
            return JSONResponse(answer)

        @app.get("/library/books")
        async def find(request: Request, title: str) -> Response:
            self.requests.append(request)
            if not self._known(request):
                return _problem(401, "unauthorised")
            return JSONResponse(BOOK) if title == "మహాప్రస్థానం" else _problem(404, "not_found")

        @app.post("/library/cards/{card:path}/reservations")
        async def reserve(request: Request, card: str) -> Response:
            self.requests.append(request)
            if not self._known(request):
                return _problem(401, "unauthorised")
            key, body = request.headers["Idempotency-Key"], await request.json()
            if key not in self.reservations:
                if any(r["title"] == body["title"] for r in self.reservations.values()):
                    return _problem(409, "already_reserved")
                number = f"R-{len(self.reservations) + 1}"
                self.reservations[key] = {**body, "card": card, "number": number}
            number = self.reservations[key]["number"]
            made = {"number": number, "until": "2026-12-09"}
            return JSONResponse({"reservation": made}, 201)

        return app

    def _known(self, request: Request) -> bool:
        return request.headers.get("Authorization", "").removeprefix("Bearer ") in self.good


def _problem(status: int, code: str) -> Response:
    return JSONResponse({"code": code}, status, media_type="application/problem+json")
