"""A small collector: takes OTLP over HTTP, in JSON, as any real one does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.served import served


@dataclass(frozen=True)
class Seen:
    """A span as it came."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    kind: int
    attributes: dict[str, Any]
    links: tuple[tuple[str, str], ...]
    failed: bool


class Collector:
    """All that came, in the order of its coming."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.bodies: list[str] = []
        self.app = Starlette(routes=[Route("/v1/traces", self._take, methods=["POST"])])
        self._came = threading.Condition()

    async def _take(self, request: Request) -> Response:
        if request.headers["content-type"] != "application/json":
            return Response(status_code=415)
        body = (await request.body()).decode()
        found = list(_spans(json.loads(body)))
        with self._came:
            self.bodies.append(body)
            self.spans += found
            self._came.notify_all()
        return JSONResponse({})

    def of(self, trace: str) -> list[Seen]:
        """The spans of one trace."""
        return [one for one in list(self.spans) if one.trace == trace]

    def until(self, met: Callable[[list[Seen]], Any], seconds: float = 300) -> Any:
        """What `met` finds among the spans, once it finds something."""
        end = time.monotonic() + seconds
        with self._came:
            while not (found := met(self.spans)):
                left = end - time.monotonic()
                assert left > 0, f"never came; there are {sorted({s.name for s in self.spans})}"
                self._came.wait(left)
        return found


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    """A collector and its address, as `OTEL_EXPORTER_OTLP_ENDPOINT` names it."""
    collector = Collector()
    with served(collector.app) as url:
        yield collector, url


def _spans(body: dict[str, Any]) -> Iterator[Seen]:
    for resource in body["resourceSpans"]:
        service = _values(resource["resource"]["attributes"])["service.name"]
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield Seen(
                    service,
                    span["name"],
                    span["traceId"],
                    span["spanId"],
                    span.get("parentSpanId", ""),
                    span["kind"],
                    _values(span.get("attributes", [])),
                    tuple((one["traceId"], one["spanId"]) for one in span.get("links", [])),
                    span.get("status", {}).get("code") == 2,
                )


def _values(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in attributes}


def tree(spans: list[Seen]) -> str:
    """A trace as text: each span below its parent, in the order of their coming."""
    ids = {one.id for one in spans}
    lines: list[str] = []

    def put(one: Seen, depth: int) -> None:
        lines.append(f"{'  ' * depth}{one.name}  [{one.service}]")
        for child in spans:
            if child.parent == one.id:
                put(child, depth + 1)

    for one in spans:
        if one.parent not in ids:
            put(one, 0)
    return "\n".join(lines)
