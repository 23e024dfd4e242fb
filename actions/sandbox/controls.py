"""Switches and peepholes for tests and demos; a real department has none of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from actions.sandbox import problem
from actions.sandbox.faults import Fault, FaultyApp, Mode
from actions.sandbox.sms import SmsOutbox
from actions.sandbox.store import Store, last_writes

_SMS = 50


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


def known(faulty: Mapping[str, FaultyApp], department: str) -> FaultyApp:
    """The department's app. Raises 404."""
    if department not in faulty:
        raise problem.not_found("department")
    return faulty[department]
