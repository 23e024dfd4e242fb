"""The first page."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from api.console.area import Area
from api.console.visit import Visit, at


async def first(visit: Visit) -> Response:
    """The areas that are for this account."""
    return visit.page("overview/first.html")


AREA = Area(Path(__file__).parent, (at("/", first),))
