"""`GET /services`: what citizens can get done, straight from the catalogue.

It changes with the release only, so a client keeps it and asks each time whether it still holds.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import NotModifiedResponse

from api.json_answer import dump, is_known, weak_mark
from api.routes import versions
from api.runtime import runtime
from nlu.catalogue import Catalogue


@dataclass(frozen=True)
class Described:
    """A catalogue as it is sent, with its mark.

    The mark is a hash of the bytes and not the release's id: a folder that stands in for a release
    has none, and a new version of Seva may describe the same release in other words. It is a weak
    one, because the bytes are also sent compressed.
    """

    of: weakref.ref[Catalogue]
    body: bytes
    etag: str

    @classmethod
    def from_catalogue(cls, catalogue: Catalogue) -> Described:
        """Written once for each catalogue."""
        body = dump(describe_services(catalogue))
        return cls(weakref.ref(catalogue), body, weak_mark(body))


_LAST: list[Described] = []
"""The catalogue described last: one at most, weakly held, so that none outlives its model."""


async def services(request: Request) -> Response:
    """All services and departments, or 304 to a client that has them."""
    now = runtime(request)
    with now.metrics.answer_seconds.labels("services").time():
        await now.keys.spend(now.keys.check(request.headers.get("authorization"), "services"))
        described = _described(now.catalogue)
        headers = {"ETag": described.etag, "Cache-Control": "private, no-cache"}
        if is_known(request.headers.get("if-none-match", ""), described.etag):
            return NotModifiedResponse(Headers({**headers, "Vary": "Accept-Encoding"}))
        return Response(described.body, headers=headers, media_type="application/json")


def _described(catalogue: Catalogue) -> Described:
    if not _LAST or _LAST[0].of() is not catalogue:
        _LAST[:] = [Described.from_catalogue(catalogue)]
    return _LAST[0]


def describe_services(catalogue: Catalogue) -> dict[str, Any]:
    """The catalogue for a client: titles in every reply language, what is asked."""
    return {
        "departments": [
            {
                "id": department.id,
                "title": dict(department.title),
                "menu": dict(department.menu),
                "helpline": department.helpline,
            }
            for department in catalogue.departments.values()
        ],
        "services": [
            {
                "name": service.name,
                "department": service.department,
                "phase": service.phase,
                "kind": service.kind,
                "title": dict(service.title),
                "menu": dict(service.menu),
                "about": dict(service.about),
                "slots": [
                    {
                        "name": slot.name,
                        "type": slot.type.name,
                        "role": slot.role,
                        "required": slot.required,
                        "ask": dict(slot.ask),
                    }
                    for slot in service.slots
                ],
            }
            for service in catalogue.services.values()
        ],
    }


routes = [Route(path, services, methods=["GET"]) for path in versions("/services")]
