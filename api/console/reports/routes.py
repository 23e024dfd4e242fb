"""Reports: tables beside plots, as CSV, and as a PDF of a month. The action server makes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from starlette.responses import Response

from api.console.area import Area
from api.console.reports.plots import plot
from api.console.visit import Refused, Visit, at
from nlu.action_address import CONSOLE_REPORTS

_ASKED = ("period", "first", "last", "department", "month")
_PERIODS = ("today", "7days", "28days", "month", "own")
_FIRST_ROWS = 50
_LONGEST = 64
_NAME = re.compile(r"[a-z_]{1,40}")


async def page(visit: Visit) -> Response:
    """The report that is asked for; of the last seven days where nothing is."""
    query = _query(visit)
    answer = await visit.console.server.ask("GET", f"{CONSOLE_REPORTS}/", params=_asked(visit))
    found = answer.json() if answer.status_code == 200 else None
    if found is None and answer.status_code != 422:
        raise Refused(answer.status_code)
    tables = found["tables"] if found else []
    return visit.page(
        "reports/reports.html",
        status=answer.status_code,
        report=found,
        tables=[(one, plot(one)) for one in tables],
        first_rows=_FIRST_ROWS,
        periods=_PERIODS,
        chosen={**dict.fromkeys(_ASKED, ""), "period": "7days", **query},
        query=urlencode(query),
    )


async def table_csv(visit: Visit) -> Response:
    """One table."""
    name = visit.request.query_params.get("table", "")
    if not _NAME.fullmatch(name):
        raise Refused(404)
    return await _file(visit, "table.csv", f"seva-{name}", {"table": name})


async def report_csv(visit: Visit) -> Response:
    """All tables."""
    return await _file(visit, "report.csv", "seva-report", {})


async def report_pdf(visit: Visit) -> Response:
    """On paper."""
    return await _file(visit, "report.pdf", "seva-report", {})


async def _file(visit: Visit, path: str, name: str, more: Mapping[str, str]) -> Response:
    """A file that the action server makes, to be saved under a name of ours."""
    asked = {**_asked(visit), **more}
    answer = await visit.console.server.ask("GET", f"{CONSOLE_REPORTS}/{path}", params=asked)
    if answer.status_code != 200:
        raise Refused(answer.status_code)
    await visit.audit("reports.download", {"file": path, **_query(visit), **more})
    ending = path.rpartition(".")[2]
    return Response(
        answer.content,
        headers={
            "Content-Type": answer.headers["Content-Type"],
            "Content-Disposition": f'attachment; filename="{name}.{ending}"',
        },
    )


def _query(visit: Visit) -> dict[str, str]:
    """What the form of the page says."""
    given = visit.request.query_params
    return {name: given[name][:_LONGEST] for name in _ASKED if given.get(name)}


def _asked(visit: Visit) -> dict[str, str]:
    """What the action server is asked: a month is a period of its own there."""
    query = _query(visit)
    month = query.pop("month", "")
    if query.get("period") == "month":
        query["period"] = month or "-"
    return {**query, "language": visit.language}


AREA = Area(
    Path(__file__).parent,
    (
        at("/reports", page, may="reports"),
        at("/reports/table.csv", table_csv, may="reports"),
        at("/reports/report.csv", report_csv, may="reports"),
        at("/reports/report.pdf", report_pdf, may="reports"),
    ),
    link="/reports",
    may="reports",
)
