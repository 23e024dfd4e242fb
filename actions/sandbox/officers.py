"""What officers do with grievances, for demos and tests: a page, an endpoint, and signed callbacks.

Seva is told of every change by a callback, which is signed with the key of `callbacks:` in the
department's file. If Seva does not answer, its own polling finds the change.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, BackgroundTasks, Form
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from actions.departments.credentials import SigningKey, read_signing_key
from actions.departments.signature import signature_headers
from actions.sandbox.grievance_book import STATES, Change, GrievanceBook, State
from actions.sandbox.page import page
from actions.sandbox.problem import Problem, not_found
from nlu.fast_yaml import load_yaml
from nlu.log import get_logger

_LOG = get_logger(__name__)
_TIMEOUT_S = 5.0
_SHOWN = 30


@dataclass(frozen=True)
class GrievanceCourier:
    """Tells Seva at `url` what became of a grievance; does nothing without a `url`."""

    url: str | None
    key: SigningKey

    def bring(self, grievance: dict[str, Any]) -> None:
        """Post one change, once."""
        if self.url is None:
            return
        body = json.dumps(grievance).encode()
        path = httpx.URL(self.url).raw_path.decode("ascii")
        headers = signature_headers(self.key, "POST", path, "", body)
        headers["Content-Type"] = "application/json"
        try:
            with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
                answer = client.post(self.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            _LOG.info("grievance_callback", error=type(error).__name__)
        else:
            _LOG.info("grievance_callback", status=answer.status_code)


class ChangeRequest(BaseModel):
    """Body of `PUT /__grievances/<number>`."""

    state: State
    office: str | None = Field(None, max_length=40)
    officer: str | None = Field(None, max_length=100)
    note: str | None = Field(None, max_length=300)


def signing_key(department_file: Path) -> SigningKey:
    """The key of `callbacks:` in a department's file, its secret from the environment."""
    block = dict(load_yaml(department_file.read_text("utf-8"))["callbacks"])
    block.pop("max_age", None)
    return read_signing_key(block, os.environ)


def build(books: GrievanceBook, courier: GrievanceCourier) -> APIRouter:
    """`/__grievances` and its page."""
    router = APIRouter(include_in_schema=False)

    def changed(number: str, change: Change, later: Callable[..., None]) -> dict[str, Any]:
        with books.store.transaction() as db:
            found = books.find(db, number)
            if found is None:
                raise not_found("grievance")
            try:
                grievance = books.change(db, found, change)
            except ValueError as error:
                raise Problem(422, "office_needed", str(error)) from error
        later(courier.bring, books.shown(grievance, grievance.get("language", "te")))
        return books.shown(grievance, "en")

    @router.get("/__grievances")
    def listed() -> list[dict[str, Any]]:
        with books.store.transaction() as db:
            return [books.shown(one.record, "en") for one in books.latest(db, _SHOWN)]

    @router.put("/__grievances/{number}")
    def put(number: str, body: ChangeRequest, tasks: BackgroundTasks) -> dict[str, Any]:
        return changed(number, Change(**body.dict()), tasks.add_task)

    @router.get("/__page/grievances")
    def show() -> Response:
        offices = {name: office.title["en"] for name, office in books.directory.offices.items()}
        return page("grievances", grievances=listed(), states=STATES, offices=offices)

    @router.post("/__page/grievances/{number}/state")
    def switch(
        number: str,
        tasks: BackgroundTasks,
        state: Annotated[State, Form()],
        office: str = Form("", max_length=40),
        officer: str = Form("", max_length=100),
        note: str = Form("", max_length=300),
    ) -> Response:
        changed(
            number, Change(state, office or None, officer or None, note or None), tasks.add_task
        )
        return RedirectResponse(f"/__page/grievances#{number}", 303)

    return router
