"""The areas of the console, in the order of its navigation."""

from __future__ import annotations

from api.console.catalogue.routes import AREA as CATALOGUE
from api.console.desk.routes import AREA as DESK
from api.console.models.routes import AREA as MODELS
from api.console.oversight.routes import AREA as OVERSIGHT
from api.console.overview.routes import AREA as OVERVIEW
from api.console.reports.routes import AREA as REPORTS
from api.console.review.routes import AREA as REVIEW
from api.console.sign_in.routes import AREA as SIGN_IN

AREAS = (OVERVIEW, REVIEW, CATALOGUE, MODELS, REPORTS, DESK, OVERSIGHT, SIGN_IN)
