"""Two models compared: tables with intervals, and every message that changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.responses import Response

from api.console.models import plots
from api.console.models.records import is_id, whole_registry
from api.console.visit import Refused, Visit, query
from nlu.paths import models_folder
from nlu.training.compare import comparison_file
from nlu.training.report.plots import percent

_PAGE = 50
_FILTERS = ("key", "service", "change")


async def compared(visit: Visit) -> Response:
    """The record of two models, or how to make it; without two, a choice."""
    asked = visit.request.query_params
    a, b = asked.get("a", ""), asked.get("b", "")
    if any(one and not is_id(one) for one in (a, b)):
        raise Refused(404)
    registry = await asyncio.to_thread(whole_registry)
    if any(one and registry.row(one) is None for one in (a, b)):
        raise Refused(404)
    record = await asyncio.to_thread(_record, a, b) if a and b and a != b else None
    if record is None:
        return visit.page("models/compare_form.html", registry=registry, a=a, b=b)
    chosen = {name: asked.get(name, "") for name in _FILTERS}
    changed = [one for one in record["changed"] if _fits(one, chosen)]
    page = _page_of(asked.get("page", "1"))
    rows = _rows(record)
    ends = plots.widest([row["gain"] for _, _, row in rows])
    first = (page - 1) * _PAGE
    here = {"a": a, "b": b, **chosen}
    return visit.page(
        "models/compare.html",
        a=record["a"],
        b=record["b"],
        record=record,
        rows=[
            (kind, name, row, plots.gain(row["gain"], ends, _interval(row)))
            for kind, name, row in rows
        ],
        chosen=chosen,
        keys=sorted({one["key"] for one in record["changed"]}),
        services=sorted({one["meant"] for one in record["changed"]}),
        changed=changed[first : first + _PAGE],
        total=len(changed),
        page=page,
        newer=query("/models/compare", **here, page=page - 1) if page > 1 else "",
        older=query("/models/compare", **here, page=page + 1)
        if first + _PAGE < len(changed)
        else "",
        percent=percent,
        signed=plots.signed,
    )


def _rows(record: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """All, by way of writing, what is no service, and the services with a difference."""
    services = [
        ("service", name, row)
        for name, row in record["by_service"].items()
        if row["won"] or row["lost"]
    ]
    services.sort(key=lambda one: (one[2]["won"] - one[2]["lost"], one[1]))
    found = [
        ("all", "", record["all"]),
        *(("key", key, row) for key, row in record["by_key"].items()),
        ("out_of_scope", "", record["out_of_scope"]),
        ("conversation", "", record["conversation"]),
        *services,
    ]
    return [one for one in found if one[2] is not None]


def _fits(one: Mapping[str, Any], chosen: Mapping[str, str]) -> bool:
    mine = {"key": one["key"], "service": one["meant"], "change": one["change"]}
    return all(not wanted or mine[name] == wanted for name, wanted in chosen.items())


def _interval(row: Mapping[str, Any]) -> str:
    mean, low, high = (plots.signed(value) for value in row["gain"])
    return f"{mean} ({low} .. {high})"


def _page_of(told: str) -> int:
    if not told.isascii() or not told.isdigit() or not 1 <= int(told[:6]) <= 10_000:
        raise Refused(404)
    return int(told[:6])


def _record(a: str, b: str) -> dict[str, Any] | None:
    path = comparison_file(models_folder(), a, b)
    return None if path is None else _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))
