"""Reads and writes JSON: Telugu and Devanagari without escapes, and limits for bodies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.problems import Problem
from nlu.web import body


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A response with `value` as UTF-8 JSON."""
    return Response(dump(value), status, headers, media_type="application/json")


def dump(value: Any) -> bytes:
    """Compact UTF-8 JSON without `\\u` escapes; numpy's numbers are numbers."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.encode("utf-8", "replace")


def weak_mark(content: bytes) -> str:
    """The `ETag` of a body; a weak one, because the same bytes also go out compressed."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(condition: str, etag: str) -> bool:
    """Whether `If-None-Match` names the mark, by the weak comparison that RFC 9110 asks for."""
    tags = {tag.strip().removeprefix("W/") for tag in condition.split(",")}
    return condition.strip() == "*" or etag.removeprefix("W/") in tags


async def read_body(request: Request, most: int) -> bytes:
    """Reads the body. Raises the problem `body-too-large` as soon as that is certain."""
    try:
        return await body.read_body(request, most)
    except body.BodyTooLong:
        raise Problem("body-too-large", f"The body may have at most {most} bytes.") from None


async def read_json(request: Request, most: int) -> dict[str, Any]:
    """Reads the JSON object in the body. Raises problems for any other body."""
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem("unsupported-media-type", "Send `Content-Type: application/json`.")
    try:
        value = json.loads((await read_body(request, most)).decode("utf-8"))
    except UnicodeDecodeError:
        raise Problem("malformed-body", "The body is not UTF-8.") from None
    except (ValueError, RecursionError):
        raise Problem("malformed-body", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise Problem("invalid-request", "The body must be a JSON object.")
    return value


def _plain(value: Any) -> Any:
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"{type(value).__name__} is not JSON")
    return item()
