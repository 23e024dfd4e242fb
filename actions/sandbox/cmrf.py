"""Sandbox of the Chief Minister's Relief Fund: applications and eligibility."""

from __future__ import annotations

import sqlite3
from typing import Any

from fastapi import Depends, FastAPI, Path, Response
from pydantic import BaseModel, Field

from actions.sandbox import clock
from actions.sandbox.access import named
from actions.sandbox.desk import Body, Desk, idempotency_key, language
from actions.sandbox.first_records import load_seed
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.store import next_number


class ReliefRequest(BaseModel):
    """Body of applyRelief."""

    patient_name: str = Field(..., min_length=1, max_length=100)
    aadhaar: str = Field(..., regex="^[2-9][0-9]{11}$")
    hospital_name: str = Field(..., min_length=1, max_length=200)
    bank_account_number: str = Field(..., regex="^[0-9]{6,20}$")
    ifsc_code: str = Field(..., regex="^[A-Z]{4}0[A-Z0-9]{6}$")


def build(desk: Desk) -> FastAPI:
    """The department's app."""
    app = desk.app("CM Relief Fund (sandbox)")
    seed = load_seed("cmrf")
    key_check = [desk.guarded()]
    desk.guard.about["getApplication"] = named("application_number", "application")

    @app.get(
        "/applications/{application_number}",
        operation_id="getApplication",
        dependencies=key_check,
    )
    def get_application(
        application_number: str = Path(..., regex="^CMRF[0-9]{10}$"),
        words: str = Depends(language),
    ) -> dict[str, Any]:
        with desk.store.transaction() as db:
            row = db.execute(
                "SELECT * FROM cmrf_applications WHERE number = ?", (application_number,)
            ).fetchone()
        if row is None:
            raise not_found("application")
        application = {
            "number": row["number"],
            "state": row["state"],
            "amount": row["amount"],
            "updated_on": row["updated_on"] or clock.in_days(-row["days_ago"]),
        }
        return {"application": application}

    @app.post("/applications", operation_id="applyRelief", status_code=201, dependencies=key_check)
    def apply_relief(
        body: ReliefRequest,
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        subject = desk.store.fingerprint(body.aadhaar)

        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            own = desk.store.fingerprint(subject, desk.asker(db, key))
            before = db.execute(
                "SELECT 1 FROM cmrf_applications WHERE subject = ?", (own,)
            ).fetchone()
            if before is not None:
                raise Problem(409, "duplicate", "An application is open already")
            today = clock.today()
            number = f"CMRF{today:%Y}{2000 + next_number(db, 'cmrf_applications'):06}"
            db.execute(
                "INSERT INTO cmrf_applications VALUES (?, 'pending', NULL, ?, NULL, ?)",
                (number, today.isoformat(), own),
            )
            desk.on_record.made(db, key, number)
            expected = clock.in_days(seed["days"])
            return 201, {"application_number": number, "expected_by": expected}, number

        account = desk.store.fingerprint(body.bank_account_number)
        private = {"aadhaar", "bank_account_number"}
        payload = {**body.dict(exclude=private), "subject": subject, "account": account}
        return desk.once("applyRelief", key, payload, work)

    @app.get("/eligibility", operation_id="getEligibility", dependencies=key_check)
    def get_eligibility(words: str = Depends(language)) -> dict[str, Any]:
        return {"income_limit": seed["income_limit"], "helpline": seed["helpline"]}

    return app
