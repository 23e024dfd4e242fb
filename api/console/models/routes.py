"""The pages of the area."""

from __future__ import annotations

from pathlib import Path

from api.console.area import Area
from api.console.models import canary, comparison, jobs, live, release, shadow
from api.console.visit import at

SEE, TRAIN, PROMOTE = "models", "models.train", "models.promote"

ROUTES = (
    at("/models", release.listed, may=SEE),
    at("/models/train", jobs.form, may=TRAIN),
    at("/models/train", jobs.train, may=TRAIN, method="POST"),
    at("/models/jobs", jobs.listed, may=SEE),
    at("/models/jobs/{job}", jobs.shown, may=SEE),
    at("/models/jobs/{job}/cancel", jobs.cancel, may=TRAIN, method="POST"),
    at("/models/compare", comparison.compared, may=SEE),
    at("/models/compare", jobs.compare, may=TRAIN, method="POST"),
    at("/models/rollback", live.rollback_form, may=PROMOTE),
    at("/models/rollback", live.rollback, may=PROMOTE, method="POST"),
    at("/models/canary", canary.shown, may=SEE),
    at("/models/canary/end", canary.end, may=PROMOTE, method="POST"),
    at("/models/{model}", release.shown, may=SEE),
    at("/models/{model}/gate", jobs.gate, may=TRAIN, method="POST"),
    at("/models/{model}/promote", live.promote_form, may=PROMOTE),
    at("/models/{model}/promote", live.promote, may=PROMOTE, method="POST"),
    at("/models/{model}/shadow", shadow.tried, may=SEE),
    at("/models/{model}/shadow", shadow.start, may=PROMOTE, method="POST"),
    at("/models/{model}/shadow/end", shadow.end, may=PROMOTE, method="POST"),
    at("/models/{model}/canary", canary.form, may=PROMOTE),
    at("/models/{model}/canary", canary.begin, may=PROMOTE, method="POST"),
)
AREA = Area(Path(__file__).parent, ROUTES, link="/models", may=SEE)
