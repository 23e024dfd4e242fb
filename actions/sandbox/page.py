"""The sandbox's own page: what goes wrong at each department, and what was written there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, get_args

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from actions.sandbox.controls import known
from actions.sandbox.faults import DELAYS, Fault, FaultyApp, Mode
from actions.sandbox.headers import PAGE
from actions.sandbox.sms import SmsOutbox
from actions.sandbox.store import Store, last_writes

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SHOWN = 5


def build(store: Store, faulty: Mapping[str, FaultyApp], sms: SmsOutbox) -> APIRouter:
    """`/` and its forms. No JavaScript: each button is a form that comes back here."""
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
        html = _TEMPLATES.get_template("departments.html").render(
            departments=departments,
            modes=get_args(Mode),
            delays=DELAYS,
            messages=sms.latest(_SHOWN),
        )
        return HTMLResponse(html, headers=PAGE)

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
