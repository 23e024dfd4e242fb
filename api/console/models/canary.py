"""A canary is set beside the live model and ended again: by a second person, with a reason; and
how it does."""

from __future__ import annotations

import asyncio
from contextlib import closing

from starlette.responses import Response

from api.console.models.canary_figures import Counts, days_since, figures, since
from api.console.models.jobs import clean_reason
from api.console.models.live import PASSED
from api.console.models.promotion import obstacle
from api.console.models.records import is_writable, whole_registry
from api.console.models.release import known, named
from api.console.visit import Refused, Visit
from nlu import canary
from nlu.archive import ReleaseRefused
from nlu.daily_counts import FILE, DailyCounts, day_number
from nlu.log import get_logger
from nlu.paths import models_folder

log = get_logger(__name__)
_PLACE = "/models/canary"


async def shown(visit: Visit) -> Response:
    """Which model is the canary, and its figures beside those of the live one."""
    return await _page(visit)


async def form(visit: Visit) -> Response:
    """What would happen, the share and the reason."""
    return await _form(visit, named(visit))


async def begin(visit: Visit) -> Response:
    """Makes a model the canary: what stands in the way is looked at again here."""
    model, sent = named(visit), await visit.form()
    found, one, verdict = await asyncio.to_thread(known, model)
    if found.live is None or found.live != sent.get("live"):
        return visit.go(f"/models/{model}", say="models.live_changed")
    if obstacle(visit.account, model, one.lineage, found, verdict):
        raise Refused(403)
    reason, percent = clean_reason(sent), _percent(sent.get("percent", ""))
    if reason is None or percent is None:
        wrong = "models.canary_percent_wanted" if percent is None else "models.reason_wanted"
        return await _form(visit, model, wrong, 422)
    if not await asyncio.to_thread(is_writable):
        return visit.go("/models", say="models.read_only")
    by = visit.account.name

    def change() -> None:
        canary.begin(models_folder(), model, percent, reason, by, PASSED)

    try:
        await asyncio.to_thread(change)
    except (ReleaseRefused, FileNotFoundError) as error:
        log.warning("canary_not_set", model=model, error=str(error))
        return await _form(visit, model, "models.canary_refused", 409)
    await visit.audit("models.canary", {"model": model, "live": found.live, "percent": percent})
    return visit.go(_PLACE, say="models.canary_set")


async def end(visit: Visit) -> Response:
    """Lets the live model answer everybody again."""
    sent = await visit.form()
    found = await asyncio.to_thread(whole_registry)
    if found.canary is None or found.canary.id != sent.get("canary"):
        return visit.go(_PLACE, say="models.canary_changed")
    reason = clean_reason(sent)
    if reason is None:
        return await _page(visit, "models.reason_wanted", 422)
    if not await asyncio.to_thread(is_writable):
        return visit.go("/models", say="models.read_only")
    by = visit.account.name
    try:
        model = await asyncio.to_thread(lambda: canary.end(models_folder(), reason, by))
    except ReleaseRefused:
        return visit.go(_PLACE, say="models.canary_changed")
    await visit.audit("models.end_canary", {"model": model, "live": found.live or ""})
    return visit.go(_PLACE, say="models.canary_ended")


async def _form(visit: Visit, model: str, wrong: str = "", status: int = 200) -> Response:
    found, one, verdict = await asyncio.to_thread(known, model)
    now = found.canary
    return visit.page(
        "models/canary_form.html",
        status,
        registry=found,
        row=found.row(model),
        verdict=verdict,
        percent=now.percent if now is not None and now.id == model else None,
        obstacle=obstacle(visit.account, model, one.lineage, found, verdict),
        wrong=wrong,
    )


async def _page(visit: Visit, wrong: str = "", status: int = 200) -> Response:
    found = await asyncio.to_thread(whole_registry)
    now, console = found.canary, visit.console
    if now is None or found.live is None:
        return visit.page("models/canary.html", status, registry=found, wrong=wrong, figures=None)
    begun = since(found, now.id)
    days = days_since(begun, console.clock(), console.settings.zone)
    numbers = (day_number(days[0]), day_number(days[1]))
    live, url = found.live, console.settings.table_url(FILE)

    def counted() -> Counts:
        with closing(DailyCounts(url)) as counts:
            return counts.of_models([live, now.id], numbers)

    return visit.page(
        "models/canary.html",
        status,
        registry=found,
        row=found.row(now.id),
        live=found.row(live),
        begun=begun,
        figures=figures(await asyncio.to_thread(counted), live, now.id),
        change=next((one for one in found.changes if one.id == now.id), None),
        wrong=wrong,
    )


def _percent(told: str) -> float | None:
    """A number over 0 and up to 100, in digits; None for anything else."""
    whole, _, part = told.strip().replace(",", ".").partition(".")
    plain = whole.isascii() and whole.isdigit() and len(told) <= 8
    if not plain or (part and not (part.isascii() and part.isdigit())):
        return None
    percent = float(f"{whole}.{part or 0}")
    return percent if 0 < percent <= 100 else None
