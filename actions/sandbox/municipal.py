"""Sandbox of the municipalities: birth certificates, property tax, garbage complaints."""

from __future__ import annotations

import datetime
import sqlite3
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI, Path, Request, Response
from pydantic import BaseModel, Field

from actions.sandbox import clock
from actions.sandbox.access import About, Entered, Record
from actions.sandbox.desk import Body, Desk, idempotency_key, language
from actions.sandbox.first_records import load_seed
from actions.sandbox.names import is_one_of, plain
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.store import next_number

_ID = "^[a-z][a-z0-9_]{1,63}$"
_ASSESSMENT = "^[0-9]{10}$"


class BirthSearch(BaseModel):
    """Body of getBirthCertificate."""

    ulb: str = Field(..., regex=_ID)
    child_name: str = Field(..., min_length=1, max_length=100)
    date_of_birth: datetime.date
    mother_name: str = Field(..., min_length=1, max_length=100)


class PaymentRequest(BaseModel):
    """Body of payTax."""

    payer: str = Field(..., min_length=1, max_length=128)


class ComplaintRequest(BaseModel):
    """Body of registerGarbageComplaint."""

    ulb: str = Field(..., regex=_ID)
    location: str = Field(..., min_length=1, max_length=500)
    complainant: str = Field(..., min_length=1, max_length=128)


def build(desk: Desk) -> FastAPI:
    """The department's app."""
    app = desk.app("Municipal services (sandbox)")
    seed = load_seed("municipal")
    key_check = [desk.guarded()]
    tax = About(_on_record, lambda: not_found("assessment"))
    birth = About(partial(_birth_on_record, seed["births"]), lambda: not_found("record"))
    desk.guard.about.update(getTaxDues=tax, payTax=tax, getBirthCertificate=birth)

    @app.post(
        "/birth-certificates/search",
        operation_id="getBirthCertificate",
        dependencies=key_check,
    )
    def get_birth_certificate(
        body: BirthSearch, request: Request, words: str = Depends(language)
    ) -> dict[str, Any]:
        asked = {**body.dict(), "date_of_birth": body.date_of_birth.isoformat()}
        row = _birth(seed["births"], asked)
        if row is None:
            raise not_found("record")
        document = desk.document(
            request, "birth_certificate", _printed(row), f"{row['number']}.pdf"
        )
        return {"certificate": {"number": row["number"]}, "document": document}

    @app.get(
        "/assessments/{assessment_number}/dues",
        operation_id="getTaxDues",
        dependencies=key_check,
    )
    def get_tax_dues(
        assessment_number: str = Path(..., regex=_ASSESSMENT), words: str = Depends(language)
    ) -> dict[str, Any]:
        with desk.store.transaction() as db:
            found = _assessment(db, assessment_number)
        dues = {"amount": found["amount"], "owner_name": found["owner_name"]}
        return {"dues": {**dues, "period": seed["period"]}}

    @app.post(
        "/assessments/{assessment_number}/payments",
        operation_id="payTax",
        status_code=201,
        dependencies=key_check,
    )
    def pay_tax(
        body: PaymentRequest,
        request: Request,
        assessment_number: str = Path(..., regex=_ASSESSMENT),
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            amount = _assessment(db, assessment_number)["amount"]
            if not amount:
                raise Problem(409, "no_dues", "Nothing is due")
            order, link = desk.order(db, request, "payTax", assessment_number, amount)
            return 201, {"order": {"id": order, "amount": amount, "payment_link": link}}, order

        return desk.once("payTax", key, {"assessment": assessment_number, **body.dict()}, work)

    @app.post(
        "/complaints",
        operation_id="registerGarbageComplaint",
        status_code=201,
        dependencies=key_check,
    )
    def register_garbage_complaint(
        body: ComplaintRequest,
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            place = plain(body.location)
            expected = clock.in_days(seed["cleaning_days"])
            before = db.execute(
                "SELECT * FROM municipal_complaints WHERE ulb = ? AND place = ?",
                (body.ulb, place),
            ).fetchone()
            if before is not None:
                refusal = Problem(
                    409,
                    "already_open",
                    "A complaint is open already",
                    complaint_number=before["number"],
                    expected_by=before["expected_by"] or expected,
                )
                refusal.shared = before["number"]
                raise refusal
            number = f"SAN{clock.today():%y%m}{next_number(db, 'municipal_complaints'):05}"
            row = (number, body.ulb, place, body.complainant, expected)
            db.execute("INSERT INTO municipal_complaints VALUES (?, ?, ?, ?, ?)", row)
            desk.on_record.made(db, key, number)
            return 201, {"complaint_number": number, "expected_by": expected}, number

        return desk.once("registerGarbageComplaint", key, body.dict(), work)

    return app


def paid(db: sqlite3.Connection, reference: str) -> None:
    """Nothing is due on an assessment once its order is paid."""
    db.execute("UPDATE municipal_assessments SET amount = 0 WHERE number = ?", (reference,))


def _on_record(db: sqlite3.Connection, entered: Entered) -> Record | None:
    number = str(entered.get("assessment_number"))
    query = "SELECT 1 FROM municipal_assessments WHERE number = ?"
    return Record(number, number) if db.execute(query, (number,)).fetchone() else None


def _birth_on_record(
    births: list[dict[str, Any]], db: sqlite3.Connection, entered: Entered
) -> Record | None:
    row = _birth(births, entered)
    return Record(row["number"]) if row else None


def _birth(births: list[dict[str, Any]], asked: Entered) -> dict[str, Any] | None:
    """The birth that was asked for, if it is in the books."""
    for row in births:
        names = is_one_of(str(asked.get("child_name")), row["child"]) and is_one_of(
            str(asked.get("mother_name")), row["mother"]
        )
        where = (asked.get("ulb"), asked.get("date_of_birth"))
        if names and (row["ulb"], row["date_of_birth"]) == where:
            return row
    return None


def _assessment(db: sqlite3.Connection, number: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM municipal_assessments WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        raise not_found("assessment")
    return row


def _printed(row: dict[str, Any]) -> dict[str, str]:
    """The values of the printed form."""
    born = datetime.date.fromisoformat(row["date_of_birth"])
    return {
        "certificate_number": row["number"],
        "child_name": row["child"][0],
        "date_of_birth": f"{born:%d-%m-%Y}",
        "place_of_birth": " / ".join(row["ulb_names"].values()),
        "mother_name": row["mother"][0],
        "father_name": row["father"],
        "issued_on": f"{clock.today():%d-%m-%Y}",
    }
