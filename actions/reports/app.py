"""Reports over HTTP, for the console: sums only, for our own processes only.

`GET /` gives a report as JSON, `/table.csv` one of its tables, `/report.csv` and `/report.pdf` all.
The query says which: `period` (with `first`, `last`), `department`, `language`, `table`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Lock
from typing import TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.reports import csv_file, pdf
from actions.reports.figures import Figures, Sources, figures
from actions.reports.period import Period, asked_for
from actions.reports.report import Report, report
from nlu.catalogue import Catalogue

_FRESH = 60.0
"""Seconds for which figures are kept: a page and its downloads show the same."""
_KEPT = 64
Result = TypeVar("Result")


class Reporter:
    """Makes reports, with figures that are at most a minute old. Any thread may ask."""

    def __init__(
        self,
        open_sources: Callable[[], Sources],
        catalogue: Callable[[], Catalogue],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`open_sources` opens the databases at the first report."""
        self._open, self._catalogue, self._clock = open_sources, catalogue, clock
        self._sources: Sources | None = None
        self._known: dict[tuple[Period, str], tuple[float, Figures]] = {}
        self._lock = Lock()

    def report(self, asked: Mapping[str, str]) -> Report:
        """The report of a query. Blocks. Raises ValueError that says what is wrong with it."""
        catalogue = self._catalogue()
        language = asked.get("language") or catalogue.languages.default
        if language not in catalogue.languages.reply:
            raise ValueError(f"there are no reports in {language!r}")
        department = asked.get("department") or ""
        if department and department not in catalogue.departments:
            raise ValueError(f"there is no department {department!r}")
        period = asked_for(asked, self.now.date())
        return report(self._figures(period, department), catalogue, language)

    @property
    def now(self) -> datetime:
        """Where the citizens live."""
        return datetime.fromtimestamp(self._clock(), self._ready().zone)

    def departments(self, language: str) -> list[tuple[str, str]]:
        """Ids and titles, by title."""
        known = self._catalogue().departments.items()
        return sorted(
            ((name, one.title[language]) for name, one in known), key=lambda pair: pair[1]
        )

    def _ready(self) -> Sources:
        with self._lock:
            if self._sources is None:
                self._sources = self._open()
            return self._sources

    def _figures(self, period: Period, department: str) -> Figures:
        sources, key, now = self._ready(), (period, department), self._clock()
        with self._lock:  # one asks; the others get what it found
            kept = self._known.get(key)
            if kept is not None and now - kept[0] < _FRESH:
                return kept[1]
            found = figures(sources, period, department)
            fresh = {one: at for one, at in self._known.items() if now - at[0] < _FRESH}
            self._known = dict([*fresh.items(), (key, (now, found))][-_KEPT:])
            return found


def reports_app(reporter: Reporter) -> Starlette:
    """The application. Its threads are its own, so that reports take none from turns. A PDF takes
    seconds and has one for itself, so that no page waits behind it."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="reports")
    press = ThreadPoolExecutor(1, thread_name_prefix="reports-pdf")

    async def beside(
        work: Callable[..., Result], *given: object, on: ThreadPoolExecutor = thread
    ) -> Result:
        return await asyncio.get_running_loop().run_in_executor(on, work, *given)

    async def asked(request: Request) -> Report:
        try:
            return await beside(reporter.report, dict(request.query_params))
        except ValueError as error:
            raise HTTPException(422, str(error)) from None

    async def shown(request: Request) -> Response:
        found = await asked(request)
        departments = await beside(reporter.departments, found.language)
        return JSONResponse({**found.as_json(), "departments": departments})

    async def one_table(request: Request) -> Response:
        found, name = await asked(request), request.query_params.get("table", "")
        table = next((one for one in found.tables if one.name == name), None)
        if table is None:
            raise HTTPException(404, "there is no such table")
        content = await beside(csv_file.table_csv, table)
        return Response(content, media_type=csv_file.MEDIA_TYPE)

    async def all_tables(request: Request) -> Response:
        content = await beside(csv_file.report_csv, await asked(request))
        return Response(content, media_type=csv_file.MEDIA_TYPE)

    async def printed(request: Request) -> Response:
        found = await asked(request)
        content = await beside(pdf.report_pdf, found, reporter.now, on=press)
        return Response(content, media_type=pdf.MEDIA_TYPE)

    return Starlette(
        routes=[
            Route("/", shown),
            Route("/table.csv", one_table),
            Route("/report.csv", all_tables),
            Route("/report.pdf", printed),
        ]
    )


def month_before(today: date) -> str:
    """The month that is over, as a period is asked for."""
    return f"{today.year - (today.month == 1)}-{(today.month - 2) % 12 + 1:02d}"
