"""Another model is made live, or the one before again: by a second person, with a reason."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from api.console.models.jobs import clean_reason
from api.console.models.promotion import obstacle
from api.console.models.records import is_writable, whole_registry
from api.console.models.release import known, named
from api.console.visit import Refused, Visit
from nlu import shared_models
from nlu.archive import ReleaseRefused
from nlu.log import get_logger
from nlu.paths import models_folder

log = get_logger(__name__)
PASSED = "passed"


async def promote_form(visit: Visit) -> Response:
    """What would happen, and the reason."""
    return await _promote_page(visit, named(visit))


async def promote(visit: Visit) -> Response:
    """Makes a model live: what stands in the way is looked at again here."""
    model, sent = named(visit), await visit.form()
    found, one, verdict = await asyncio.to_thread(known, model)
    if found.live != (sent.get("live") or None):
        return visit.go(f"/models/{model}", say="models.live_changed")
    if obstacle(visit.account, model, one.lineage, found, verdict):
        raise Refused(403)
    reason = clean_reason(sent)
    if reason is None:
        return await _promote_page(visit, model, "models.reason_wanted", 422)
    if not await asyncio.to_thread(is_writable):
        return visit.go("/models", say="models.read_only")
    gate = "" if verdict is None else PASSED
    by = visit.account.name

    def change() -> None:
        shared_models.promote(models_folder(), model, reason, by, gate)

    try:
        await asyncio.to_thread(change)
    except (ReleaseRefused, FileNotFoundError) as error:
        log.warning("model_not_promoted", model=model, error=str(error))
        return await _promote_page(visit, model, "models.not_whole", 409)
    await visit.audit("models.promote", {"model": model, "before": found.live or ""})
    return visit.go("/models", say="models.promoted")


async def rollback_form(visit: Visit) -> Response:
    """What would be live again."""
    return await _rollback_page(visit)


async def rollback(visit: Visit) -> Response:
    """Makes the model live that was live before."""
    sent = await visit.form()
    found = await asyncio.to_thread(whole_registry)
    before = await asyncio.to_thread(_previous)
    if found.live != sent.get("live") or before is None or before != sent.get("to"):
        return visit.go("/models", say="models.live_changed")
    reason = clean_reason(sent)
    if reason is None:
        return await _rollback_page(visit, "models.reason_wanted", 422)
    if not await asyncio.to_thread(is_writable):
        return visit.go("/models", say="models.read_only")
    by = visit.account.name
    try:
        model = await asyncio.to_thread(lambda: shared_models.rollback(models_folder(), reason, by))
    except (ReleaseRefused, FileNotFoundError) as error:
        log.warning("model_not_rolled_back", error=str(error))
        return await _rollback_page(visit, "models.not_whole", 409)
    await visit.audit("models.rollback", {"model": model, "before": found.live or ""})
    return visit.go("/models", say="models.rolled_back")


async def _promote_page(visit: Visit, model: str, wrong: str = "", status: int = 200) -> Response:
    found, one, verdict = await asyncio.to_thread(known, model)
    return visit.page(
        "models/promote.html",
        status,
        registry=found,
        row=found.row(model),
        live=found.live and found.row(found.live),
        verdict=verdict,
        obstacle=obstacle(visit.account, model, one.lineage, found, verdict),
        wrong=wrong,
    )


async def _rollback_page(visit: Visit, wrong: str = "", status: int = 200) -> Response:
    found = await asyncio.to_thread(whole_registry)
    before = await asyncio.to_thread(_previous)
    return visit.page(
        "models/rollback.html",
        status,
        live=found.row(found.live or ""),
        before=found.row(before or ""),
        wrong=wrong,
    )


def _previous() -> str | None:
    try:
        return shared_models.previous(models_folder())
    except ReleaseRefused:
        return None
