"""`GET /services`: what citizens can get done, straight from the catalogue."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.json_answer import json_response
from api.runtime import runtime
from nlu.catalogue import Catalogue


async def services(request: Request) -> Response:
    """All services and departments."""
    now = runtime(request)
    now.keys.spend(now.keys.check(request.headers.get("authorization"), "services"))
    return json_response(describe_services(now.catalogue))


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


routes = [Route("/services", services, methods=["GET"])]
