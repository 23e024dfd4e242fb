"""Reports: tables beside plots, as CSV, and as a PDF of a month. The action server makes them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

from starlette.responses import Response

from api.console.area import Area
from api.console.reports.plots import plot
from api.console.visit import Refused, Visit, at
from nlu.action_address import CONSOLE_REPORTS

_ASKED = ("period", "first", "last", "department", "month")
_PERIODS = ("today", "7days", "28days", "month", "own")
_TABLE = "table.csv"
_FILES = (_TABLE, "report.csv", "report.pdf")
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


async def file(visit: Visit) -> Response:
    """One table or the whole report, made by the action server, saved under a name of ours."""
    path = visit.request.path_params["file"]
    if path not in _FILES:
        raise Refused(404)
    name, more = "seva-report", {}
    if path == _TABLE:
        table = visit.request.query_params.get("table", "")
        if not _NAME.fullmatch(table):
            raise Refused(404)
        name, more = f"seva-{table}", {"table": table}
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
        at("/reports/{file}", file, may="reports"),
    ),
    link="/reports",
    may="reports",
)
