"""A model is tried on live messages beside the live one: begun, watched and ended."""

from __future__ import annotations

import asyncio
import sqlite3
import tarfile
from functools import partial

from starlette.responses import Response

from api.console.models.candidate import books_of, shown, trial_of
from api.console.models.jobs import clean_reason
from api.console.models.release import known, named
from api.console.visit import Refused, Visit
from nlu import shared_models
from nlu.archive import ReleaseRefused
from nlu.log import describe, get_logger
from nlu.paths import models_folder
from nlu.training.report.plots import percent

log = get_logger(__name__)
_NOT_TO_HAVE = (ReleaseRefused, OSError, sqlite3.Error, tarfile.TarError)


async def tried(visit: Visit) -> Response:
    """What the candidate did otherwise, in figures."""
    return await _page(visit, named(visit))


async def start(visit: Visit) -> Response:
    """Makes a model the candidate."""
    model, sent = named(visit), await visit.form()
    found, _, _ = await asyncio.to_thread(known, model)
    if found.live is None or found.live == model:
        raise Refused(403)
    reason = clean_reason(sent)
    if reason is None:
        return await _page(visit, model, "models.reason_wanted", 422)
    try:
        await asyncio.to_thread(shared_models.offer, models_folder(), model)
    except _NOT_TO_HAVE as error:
        log.warning("model_not_tried", model=model, error=describe(error))
        return await _page(visit, model, "models.shadow_not_whole", 409)
    books = await asyncio.to_thread(books_of, visit.console)
    begin = partial(books.candidates.start, model, found.live, visit.account.name, reason)
    if not await asyncio.to_thread(begin):
        return await _page(visit, model, "models.shadow_another", 409)
    await visit.audit("models.shadow", {"model": model, "live": found.live})
    return visit.go(f"/models/{model}/shadow", say="models.shadow_started")


async def end(visit: Visit) -> Response:
    """Ends it; what waits for it is deleted, the figures stay."""
    model, sent = named(visit), await visit.form()
    await asyncio.to_thread(known, model)
    reason = clean_reason(sent)
    if reason is None:
        return await _page(visit, model, "models.reason_wanted", 422)
    books = await asyncio.to_thread(books_of, visit.console)
    stop = partial(books.candidates.end, model, visit.account.name, reason)
    if await asyncio.to_thread(stop):
        await visit.audit("models.shadow_end", {"model": model})
    return visit.go(f"/models/{model}/shadow", say="models.shadow_ended")


async def _page(visit: Visit, model: str, wrong: str = "", status: int = 200) -> Response:
    found, _, _ = await asyncio.to_thread(known, model)
    trial = await asyncio.to_thread(trial_of, visit.console, model, found.live)
    return visit.page(
        "models/shadow.html",
        status,
        row=found.row(model),
        live=found.live,
        trial=trial,
        pairs=[shown(pair) for pair in trial.figures.pairs] if trial.figures else [],
        wrong=wrong,
        percent=percent,
    )
