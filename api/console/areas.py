"""The areas of the console, in the order of its navigation."""

from __future__ import annotations

from api.console.models.routes import AREA as MODELS
from api.console.oversight.routes import AREA as OVERSIGHT
from api.console.overview.routes import AREA as OVERVIEW
from api.console.sign_in.routes import AREA as SIGN_IN

AREAS = (OVERVIEW, MODELS, OVERSIGHT, SIGN_IN)
