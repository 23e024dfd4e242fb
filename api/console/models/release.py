"""The list of models, and the page of one."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from api.console.models.candidate import on_trial
from api.console.models.promotion import obstacle
from api.console.models.records import (
    Registry,
    counted,
    is_id,
    is_writable,
    manifest,
    scores,
    seconds,
    whole_registry,
)
from api.console.visit import Refused, Visit
from nlu.paths import models_folder
from nlu.registry import Manifest
from nlu.training.gate import Verdict, kept_verdict
from nlu.training.job import Jobs
from nlu.training.report import plots

_SERVICES = 50
_CHANGES = 20


async def listed(visit: Visit) -> Response:
    """All models, the live one marked, and who changed that when."""
    found = await asyncio.to_thread(whole_registry)
    state = await asyncio.to_thread(lambda: Jobs().latest())
    writable = await asyncio.to_thread(is_writable)
    keys = dict.fromkeys(key for row in found.rows for key in row.keys)
    return visit.page(
        "models/list.html",
        registry=found,
        keys=list(keys),
        changes=found.changes[:_CHANGES],
        trial=await asyncio.to_thread(on_trial, visit.console, found.live),
        writable=writable,
        job=state if state is not None and state.status == "running" else None,
        percent=plots.percent,
        seconds=seconds,
    )


async def shown(visit: Visit) -> Response:
    """Where a model comes from, how good it is, and what the gate says of it."""
    model = named(visit)
    found, one, verdict = await asyncio.to_thread(known, model)
    every = "all" in visit.request.query_params
    services = sorted(
        ({"name": name, **counted(row)} for name, row in one.metrics.get("by_service", {}).items()),
        key=lambda row: (row["right_action"], row["name"]),
    )
    return visit.page(
        "models/model.html",
        registry=found,
        row=found.row(model),
        one=one,
        scores=_with_plots(scores(one.metrics)),
        noisy=_with_plots(scores(one.metrics.get("noisy", {}))),
        reliability=_reliability(visit, one),
        services=services if every else services[:_SERVICES],
        more=0 if every else max(0, len(services) - _SERVICES),
        verdict=verdict,
        obstacle=obstacle(visit.account, model, one.lineage, found, verdict),
        changes=[change for change in found.changes if change.id == model],
        percent=plots.percent,
        seconds=seconds,
    )


def named(visit: Visit) -> str:
    """The model of the path. Raises Refused for what is no id."""
    model = str(visit.request.path_params["model"])
    if not is_id(model):
        raise Refused(404)
    return model


def known(model: str) -> tuple[Registry, Manifest, Verdict | None]:
    """All models, one of them, and the verdict on it against the one that is live now. Raises
    Refused where there is no such model."""
    found = whole_registry()
    row = found.row(model)
    if row is None:
        raise Refused(404)
    asked = row.here and found.live is not None and found.live != model
    verdict = kept_verdict(models_folder(), model, found.live) if asked else None
    return found, manifest(model), verdict


def _reliability(visit: Visit, one: Manifest) -> Any:
    bins = one.metrics.get("calibration", {}).get("bins")
    if not bins:
        return None
    names = ("title", "across", "below", "point")
    # `point` is filled in by the plot, so its braces stay.
    told = {n: visit.console.pages.words.say(f"models.plot_{n}", visit.language, {}) for n in names}
    return plots.reliability(bins, plots.Wording(**told))


def _with_plots(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their intervals as pictures on one scale."""
    lowest = min([0.9, *(row["right_action_interval"][0] for row in rows)])
    start = int(lowest * 10) / 10
    return [
        {
            **row,
            "plot": plots.interval(row["right_action"], row["right_action_interval"], start),
        }
        for row in rows
    ]
