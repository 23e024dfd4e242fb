"""Trainings, verdicts and comparisons are started, watched and cancelled."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from api.console.models.records import is_id, is_writable, whole_registry
from api.console.models.release import named
from api.console.visit import Refused, Visit
from nlu.training.job import Busy, Job, Jobs, State
from nlu.training.job_process import COMPARE, GATE
from nlu.training.train import PROFILES

_SHORTEST, _LONGEST = 3, 300  # letters of a reason
_PLACE = "/models/jobs"
_STEPS = {
    "Reading the catalogue": "step_catalogue",
    "Finding the sentence encoder": "step_encoder",
    "Starting Rasa": "step_rasa",
    "Training": "step_training",
    "Scoring the hold-out": "step_scoring",
    GATE: "step_gate",
    COMPARE: "step_compare",
}


async def form(visit: Visit) -> Response:
    """What to train, and what for."""
    running = await asyncio.to_thread(lambda: Jobs().running())
    return visit.page("models/train.html", profiles=PROFILES, wrong="", reason="", running=running)


async def train(visit: Visit) -> Response:
    """Starts a training."""
    sent = await visit.form()
    profile, reason = sent.get("profile", ""), clean_reason(sent)
    if profile not in PROFILES:
        raise Refused(422)
    if reason is None:
        said = sent.get("reason", "")[:_LONGEST]
        running = await asyncio.to_thread(lambda: Jobs().running())
        page = {"profiles": PROFILES, "wrong": "models.reason_wanted", "reason": said}
        return visit.page("models/train.html", 422, running=running, **page)
    return await _start(visit, "train", profile=profile, reason=reason)


async def gate(visit: Visit) -> Response:
    """Asks the gate about a model."""
    model = named(visit)
    await _wanted(model)
    return await _start(visit, "gate", model=model)


async def compare(visit: Visit) -> Response:
    """Compares two models on what both hold back."""
    sent = await visit.form()
    a, b = sent.get("a", ""), sent.get("b", "")
    if a == b or not (is_id(a) and is_id(b)):
        raise Refused(422)
    await _wanted(a)
    await _wanted(b)
    return await _start(visit, "compare", model=b, against=a)


async def listed(visit: Visit) -> Response:
    """The jobs of this machine, the latest first."""
    found = await asyncio.to_thread(lambda: Jobs().all())
    return visit.page("models/jobs.html", jobs=found)


async def shown(visit: Visit) -> Response:
    """How far a job is, and what it printed; asked again and again while it runs."""
    state, log = await asyncio.to_thread(_state, visit)
    return visit.page("models/job.html", **_told(state), log=log)


async def cancel(visit: Visit) -> Response:
    """Ends a job."""
    state, _ = await asyncio.to_thread(_state, visit)
    job = state.job
    if await asyncio.to_thread(Jobs().cancel, job.id, visit.account.name):
        await visit.audit("models.cancel", {"job": job.id})
    return visit.go(f"{_PLACE}/{job.id}")


def clean_reason(sent: dict[str, str]) -> str | None:
    """Why something is done, on one line; None where nobody says."""
    reason = " ".join(sent.get("reason", "").split())
    return reason if _SHORTEST <= len(reason) <= _LONGEST else None


async def _start(visit: Visit, what: str, **more: str) -> Response:
    def begin() -> Job:
        return Jobs().start(what, by=visit.account.name, account=visit.account.id, **more)

    if not await asyncio.to_thread(is_writable):
        return visit.go("/models", say="models.read_only")
    try:
        job = await asyncio.to_thread(begin)
    except Busy:
        return visit.go(_PLACE, say="models.busy")
    about = {name: value for name, value in more.items() if name != "reason"}
    await visit.audit(f"models.{what}", {"job": job.id, **about})
    return visit.go(f"{_PLACE}/{job.id}")


async def _wanted(model: str) -> None:
    found = await asyncio.to_thread(whole_registry)
    if found.row(model) is None:
        raise Refused(404)


def _state(visit: Visit) -> tuple[State, str]:
    job, jobs = str(visit.request.path_params["job"]), Jobs()
    state = jobs.state(job)
    if state is None:
        raise Refused(404)
    return state, jobs.log(job)


def _told(state: State) -> dict[str, Any]:
    left = state.seconds_left
    return {
        "state": state,
        "job": state.job,
        "step": f"models.{_STEPS[state.step]}" if state.step in _STEPS else "",
        "done": None if state.share is None else round(100 * state.share),
        "minutes": None if left is None or left < 60 else round(left / 60),
        "seconds": None if left is None or left >= 60 else max(5, 5 * round(left / 5)),
    }
