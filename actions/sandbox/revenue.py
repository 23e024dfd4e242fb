"""Sandbox of the Revenue department: certificates."""

from __future__ import annotations

import datetime
import sqlite3
from typing import Literal

from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel, Field

from actions.sandbox import clock
from actions.sandbox.desk import Body, Desk, idempotency_key, language
from actions.sandbox.first_records import load_seed
from actions.sandbox.problem import Problem
from actions.sandbox.store import next_number

_AADHAAR = "^[2-9][0-9]{11}$"


class IncomeCertificateRequest(BaseModel):
    """Body of applyIncomeCertificate."""

    applicant_name: str = Field(..., min_length=1, max_length=100)
    aadhaar: str = Field(..., regex=_AADHAAR)
    annual_income: float = Field(..., ge=0)
    purpose: Literal["education", "job", "loan", "scheme", "other"]


class LateBirthRequest(BaseModel):
    """Body of applyLateBirthRegistration."""

    child_name: str = Field(..., min_length=1, max_length=100)
    date_of_birth: datetime.date
    place_of_birth: str = Field(..., min_length=1, max_length=200)
    father_name: str = Field(..., min_length=1, max_length=100)
    mother_name: str = Field(..., min_length=1, max_length=100)
    aadhaar: str = Field(..., regex=_AADHAAR)


def build(desk: Desk) -> FastAPI:
    """The department's app."""
    app = desk.app("Revenue (sandbox)")
    seed = load_seed("revenue")
    key_check = [desk.guarded()]

    @app.post(
        "/income-certificates",
        operation_id="applyIncomeCertificate",
        status_code=201,
        dependencies=key_check,
    )
    def apply_income_certificate(
        body: IncomeCertificateRequest,
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        subject = desk.store.fingerprint(body.aadhaar)

        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            days = seed["days"]["income_certificate"]
            return _take(desk, key, db, "income_certificate", "IC", subject, days)

        payload = {**body.dict(exclude={"aadhaar"}), "subject": subject}
        return desk.once("applyIncomeCertificate", key, payload, work)

    @app.post(
        "/late-birth-registrations",
        operation_id="applyLateBirthRegistration",
        status_code=201,
        dependencies=key_check,
    )
    def apply_late_birth_registration(
        body: LateBirthRequest,
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        born = body.date_of_birth
        subject = desk.store.fingerprint(body.child_name, born.isoformat(), body.mother_name)

        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            if (clock.today() - born).days < seed["late_after_days"]:
                raise Problem(409, "not_late", "Less than a year ago")
            return _take(desk, key, db, "late_birth", "LB", subject, seed["days"]["late_birth"])

        payload = {**body.dict(exclude={"aadhaar"}), "subject": subject}
        return desk.once("applyLateBirthRegistration", key, payload, work)

    return app


def _take(
    desk: Desk, key: str, db: sqlite3.Connection, kind: str, prefix: str, subject: str, days: int
) -> tuple[int, Body, str]:
    """Take an application, one per kind and subject for each who asks."""
    subject = desk.store.fingerprint(subject, desk.asker(db, key))
    before = db.execute(
        "SELECT number FROM revenue_applications WHERE kind = ? AND subject = ?", (kind, subject)
    ).fetchone()
    if before is not None:
        raise Problem(409, "duplicate", "An application is open already")
    number = f"{prefix}{clock.today():%y%m%d}{next_number(db, f'revenue_{kind}'):04}"
    expected = clock.in_days(days)
    db.execute(
        "INSERT INTO revenue_applications VALUES (?, ?, ?, ?)", (number, kind, subject, expected)
    )
    desk.on_record.made(db, key, number)
    return 201, {"application_number": number, "expected_by": expected}, number
