"""The areas of the console, in the order of its navigation."""

from __future__ import annotations

from api.console.oversight.routes import AREA as OVERSIGHT
from api.console.overview.routes import AREA as OVERVIEW
from api.console.reports.routes import AREA as REPORTS
from api.console.sign_in.routes import AREA as SIGN_IN

AREAS = (OVERVIEW, OVERSIGHT, REPORTS, SIGN_IN)
