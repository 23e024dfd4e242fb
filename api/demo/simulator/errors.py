"""Errors in the JSON in which Meta answers them."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi.responses import JSONResponse

from api.demo.simulator.rules import Rules

MISSING_OBJECT = 33


class MetaError(Exception):
    """A call that the Cloud API refuses, with Meta's code and a detail for the developer."""

    def __init__(self, code: int, details: str = "", *, subcode: int | None = None) -> None:
        super().__init__(f"{code}: {details}")
        self.code = code
        self.details = details
        self.subcode = subcode


class ControlError(Exception):
    """A call of the simulator's own surface (`/__inbound`, ...) that makes no sense."""


def error_body(error: MetaError, rules: Rules) -> tuple[int, dict[str, Any]]:
    """HTTP status and body of the answer to a refused call."""
    status, title = rules.errors.get(error.code, (400, "Unknown error"))
    body: dict[str, Any] = {
        "message": f"(#{error.code}) {title}",
        "type": "OAuthException",
        "code": error.code,
        "fbtrace_id": "A" + secrets.token_urlsafe(16),
    }
    if error.subcode is not None:
        body["error_subcode"] = error.subcode
        body["type"] = "GraphMethodException"
    if error.details:
        body["error_data"] = {"messaging_product": "whatsapp", "details": error.details}
    return status, {"error": body}


def error_response(error: MetaError, rules: Rules) -> JSONResponse:
    """The answer to a refused call."""
    status, body = error_body(error, rules)
    return JSONResponse(body, status_code=status)


def webhook_error(code: int, details: str, rules: Rules) -> dict[str, Any]:
    """An error as it stands in a status or message of a webhook."""
    title = rules.errors.get(code, (400, "Unknown error"))[1]
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
