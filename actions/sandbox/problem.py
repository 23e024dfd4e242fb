"""Errors as application/problem+json, each with a stable `code`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Raised by an operation that refuses; `more` are extra members of the body."""

    shared: str | None = None
    """The number of what is open already, if who reports it again may follow it."""

    def __init__(self, status: int, code: str, title: str, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "code": code,
            **more,
        }


def not_found(what: str) -> Problem:
    """A 404 with the code `not_found`."""
    return Problem(404, "not_found", f"No such {what}")


def respond(problem: Problem) -> JSONResponse:
    """The problem as an answer."""
    return JSONResponse(problem.body, problem.status, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""

    def _problem(request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, Problem):
            return respond(error)
        if isinstance(error, RequestValidationError):
            # The place only: the values may be private.
            where = "; ".join(".".join(map(str, item["loc"])) for item in error.errors())
            return respond(Problem(422, "invalid_request", "Invalid request", detail=where))
        status = error.status_code if isinstance(error, HTTPException) else 500
        answer = respond(Problem(status, "http_error", "The request cannot be answered"))
        answer.headers.update(getattr(error, "headers", None) or {})  # `Allow` of a 405
        return answer

    for kind in (Problem, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _problem)
