"""Switches for tests and demos, which no real department has: faults, resets, what was written.

Tests use JSON (`/__faults`, `/__writes`, `/__reset`, `/__sms`); people use the page at `/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from actions.sandbox import problem
from actions.sandbox.faults import DELAYS, Fault, FaultyApp, Mode
from actions.sandbox.page import page
from actions.sandbox.phones import SmsOutbox
from actions.sandbox.store import Store, last_writes

_SMS = 50
_SHOWN = 5
"""Writes of a department, and SMS, that the page shows."""


class FaultRequest(BaseModel):
    """Body of `PUT /__faults/<department>`."""

    mode: Mode
    delay_s: float | None = Field(None, ge=0, le=86400)
    times: int | None = Field(None, ge=1)


def build(store: Store, faulty: Mapping[str, FaultyApp], sms: SmsOutbox) -> APIRouter:
    """`/health`, `/__sms`, and `/__faults`, `/__writes` and `/__reset` of each department."""
    router = APIRouter()

    @router.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/__faults/{department}")
    def get_fault(department: str) -> dict[str, Any]:
        return vars(known(faulty, department).fault)

    @router.put("/__faults/{department}")
    def put_fault(department: str, body: FaultRequest) -> dict[str, Any]:
        known(faulty, department).fault = Fault(body.mode, body.delay_s, body.times)
        return body.dict()

    @router.get("/__writes/{department}")
    def get_writes(department: str) -> list[dict[str, Any]]:
        known(faulty, department)
        return last_writes(store, department)

    @router.get("/__sms")
    def get_sms(phone: str | None = None) -> list[dict[str, Any]]:
        """The latest SMS, or those to one number on record; the latest first."""
        return sms.latest(_SMS, phone)

    @router.post("/__reset/{department}")
    def reset(department: str) -> dict[str, str]:
        known(faulty, department).fault = Fault()
        store.reset(department)
        return {"status": "ok"}

    return router


def build_page(store: Store, faulty: Mapping[str, FaultyApp], sms: SmsOutbox) -> APIRouter:
    """`/` and its forms: what goes wrong at each department, and what was written there."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def show() -> Response:
        departments = [
            {
                "name": name,
                "fault": app.fault,
                "writes": last_writes(store, name, _SHOWN)[::-1],
            }
            for name, app in faulty.items()
        ]
        return page(
            "departments",
            departments=departments,
            modes=get_args(Mode),
            delays=DELAYS,
            messages=sms.latest(_SHOWN),
        )

    @router.post("/__page/{department}/fault")
    def switch(
        department: str,
        mode: Annotated[Mode, Form()],
        times: str = Form("", regex="^([1-9][0-9]{0,3})?$"),
        delay_s: str = Form("", regex=r"^([0-9]{1,5}([.][0-9]{1,3})?)?$"),
    ) -> Response:
        fault = Fault(mode, float(delay_s) if delay_s else None, int(times) if times else None)
        known(faulty, department).fault = fault
        return RedirectResponse(f"/#{department}", 303)

    @router.post("/__page/{department}/reset")
    def reset(department: str) -> Response:
        known(faulty, department).fault = Fault()
        store.reset(department)
        return RedirectResponse(f"/#{department}", 303)

    return router


def known(faulty: Mapping[str, FaultyApp], department: str) -> FaultyApp:
    """The department's app. Raises Problem 404 if there is none."""
    if department not in faulty:
        raise problem.not_found("department")
    return faulty[department]
