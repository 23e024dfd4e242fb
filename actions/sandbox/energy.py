"""Sandbox of the Energy department: bills, payments, supply complaints."""

from __future__ import annotations

import datetime
import sqlite3
from typing import Any

from fastapi import Depends, FastAPI, Path, Request, Response
from pydantic import BaseModel, Field

from actions.sandbox import clock
from actions.sandbox.access import About, Entered, Record
from actions.sandbox.desk import Body, Desk, idempotency_key, language
from actions.sandbox.first_records import load_seed
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.store import next_number

_NUMBER = "^([0-9]{13}|[0-9]{16})$"


class PaymentRequest(BaseModel):
    """Body of payBill."""

    payer: str = Field(..., min_length=1, max_length=128)


class ComplaintRequest(BaseModel):
    """Body of registerSupplyComplaint."""

    location: str = Field(..., min_length=1, max_length=500)
    complainant: str = Field(..., min_length=1, max_length=128)


def build(desk: Desk) -> FastAPI:
    """The department's app."""
    app = desk.app("Energy (sandbox)")
    seed = load_seed("energy")
    key_check = [desk.guarded()]
    bill = About(_on_record, lambda: not_found("connection"))
    desk.guard.about.update(getBill=bill, payBill=bill)

    @app.get("/services/{service_number}/bill", operation_id="getBill", dependencies=key_check)
    def get_bill(
        service_number: str = Path(..., regex=_NUMBER), words: str = Depends(language)
    ) -> dict[str, Any]:
        with desk.store.transaction() as db:
            found = _connection(db, service_number)
        return {
            "bill": {
                "amount": found["amount"],
                "due_date": clock.in_days(found["due_in_days"]) if found["amount"] else None,
                "month": f"{clock.today():%Y-%m}",
                "consumer_name": found["consumer_name"],
            }
        }

    @app.post(
        "/services/{service_number}/payments",
        operation_id="payBill",
        status_code=201,
        dependencies=key_check,
    )
    def pay_bill(
        body: PaymentRequest,
        request: Request,
        service_number: str = Path(..., regex=_NUMBER),
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            amount = _connection(db, service_number)["amount"]
            if not amount:
                raise Problem(409, "no_dues", "Nothing is due")
            order, link = desk.order(db, request, "payBill", service_number, amount)
            return 201, {"order": {"id": order, "amount": amount, "payment_link": link}}, order

        return desk.once("payBill", key, {"service": service_number, **body.dict()}, work)

    @app.post(
        "/services/{service_number}/complaints",
        operation_id="registerSupplyComplaint",
        status_code=201,
        dependencies=key_check,
    )
    def register_supply_complaint(
        body: ComplaintRequest,
        service_number: str = Path(..., regex=_NUMBER),
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            _connection(db, service_number)
            expected = clock.now() + datetime.timedelta(hours=seed["repair_hours"])
            before = db.execute(
                "SELECT * FROM energy_complaints WHERE service_number = ?", (service_number,)
            ).fetchone()
            if before is not None:
                refusal = Problem(
                    409,
                    "already_open",
                    "A complaint is open already",
                    complaint_number=before["number"],
                    expected_by=before["expected_by"] or expected.isoformat(),
                )
                refusal.shared = before["number"]
                raise refusal
            serial = next_number(db, "energy_complaints")
            number = f"SUP{clock.today():%y%m}{serial:05}"
            row = (number, service_number, body.location, body.complainant, expected.isoformat())
            db.execute("INSERT INTO energy_complaints VALUES (?, ?, ?, ?, ?)", row)
            desk.on_record.made(db, key, number)
            made = {"complaint_number": number, "expected_by": expected.isoformat()}
            return 201, made, number

        payload = {"service": service_number, **body.dict()}
        return desk.once("registerSupplyComplaint", key, payload, work)

    return app


def paid(db: sqlite3.Connection, reference: str) -> None:
    """Nothing is due on a connection once its order is paid."""
    db.execute("UPDATE energy_connections SET amount = 0 WHERE number = ?", (reference,))


def _on_record(db: sqlite3.Connection, entered: Entered) -> Record | None:
    number = str(entered.get("service_number"))
    query = "SELECT 1 FROM energy_connections WHERE number = ?"
    return Record(number, number) if db.execute(query, (number,)).fetchone() else None


def _connection(db: sqlite3.Connection, number: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM energy_connections WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        raise not_found("connection")
    return row
