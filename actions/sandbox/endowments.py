"""Sandbox of the Endowments department: darshan, offerings, temples."""

from __future__ import annotations

import datetime
import sqlite3
from typing import Any, Literal

from fastapi import Depends, FastAPI, Path, Request, Response
from pydantic import BaseModel, Field

from actions.sandbox import clock
from actions.sandbox.desk import Body, Desk, idempotency_key, language
from actions.sandbox.first_records import load_seed
from actions.sandbox.problem import Problem
from actions.sandbox.store import next_number

_ID = "^[a-z][a-z0-9_]{1,63}$"


class BookingRequest(BaseModel):
    """Body of bookDarshan."""

    temple: str = Field(..., regex=_ID)
    darshan: Literal["free", "special"]
    date: datetime.date
    devotees: int = Field(..., ge=1, le=20)
    mobile: str = Field(..., regex="^[6-9][0-9]{9}$")


class OfferingRequest(BaseModel):
    """Body of createOffering."""

    temple: str = Field(..., regex=_ID)
    amount: float = Field(..., ge=1, le=10_000_000)


def build(desk: Desk) -> FastAPI:
    """The department's app."""
    app = desk.app("Endowments (sandbox)")
    seed = load_seed("endowments")
    key_check = [desk.guarded()]

    @app.post("/bookings", operation_id="bookDarshan", status_code=201, dependencies=key_check)
    def book_darshan(
        body: BookingRequest,
        request: Request,
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            _refuse(db, seed, body)
            temple = _temple(seed, body.temple)
            amount = temple["fee"] * body.devotees if body.darshan == "special" else 0
            serial = next_number(db, "endowments_bookings")
            booking = f"{body.date:%Y%m%d}101{serial:04}"
            db.execute(
                "INSERT INTO endowments_bookings VALUES (?, ?, ?, ?, ?, ?)",
                (
                    booking,
                    body.temple,
                    body.darshan,
                    body.date.isoformat(),
                    body.devotees,
                    body.mobile,
                ),
            )
            desk.on_record.made(db, key, booking)
            desk.on_record.put(db, booking, [body.mobile])
            order, link = desk.order(db, request, "bookDarshan", booking, amount)
            slot = clock.at(body.date, temple["slot"]).isoformat()
            made = {"id": booking, "amount": amount, "slot": slot, "order_id": order}
            made["payment_link"] = link
            return 201, {"booking": made}, booking

        return desk.once("bookDarshan", key, body.dict(), work)

    @app.post("/offerings", operation_id="createOffering", status_code=201, dependencies=key_check)
    def create_offering(
        body: OfferingRequest,
        request: Request,
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            serial = next_number(db, "endowments_offerings")
            offering = f"EH{clock.today():%y%m%d}{serial:04}"
            row = (offering, body.temple, body.amount)
            db.execute("INSERT INTO endowments_offerings VALUES (?, ?, ?)", row)
            desk.on_record.made(db, key, offering)
            order, link = desk.order(db, request, "createOffering", offering, body.amount)
            made = {"id": offering, "amount": body.amount, "order_id": order, "payment_link": link}
            return 201, {"offering": made}, offering

        return desk.once("createOffering", key, body.dict(), work)

    @app.get("/temples/{temple}", operation_id="getTemple", dependencies=key_check)
    def get_temple(
        temple: str = Path(..., regex=_ID), words: str = Depends(language)
    ) -> dict[str, Any]:
        found = _temple(seed, temple)
        return {
            "temple": {
                "id": temple,
                "name": found["name"][words],
                "opens": found["opens"],
                "closes": found["closes"],
                "special_darshan_fee": found["fee"],
                "address": found["address"][words],
                "phone": found["phone"],
            }
        }

    return app


def _temple(seed: dict[str, Any], temple: str) -> dict[str, Any]:
    return {**seed["any_temple"], **seed["temples"].get(temple, {})}


def _refuse(db: sqlite3.Connection, seed: dict[str, Any], body: BookingRequest) -> None:
    """Raise the problem that stands against a booking, if any."""
    ahead = (body.date - clock.today()).days
    if ahead < 0 or ahead > seed["advance_days"] or ahead in seed["closed_in_days"]:
        raise Problem(409, "closed", "No darshan that day")
    taken = db.execute(
        "SELECT coalesce(sum(devotees), 0) AS taken FROM endowments_bookings"
        " WHERE temple = ? AND darshan = ? AND date = ?",
        (body.temple, body.darshan, body.date.isoformat()),
    ).fetchone()["taken"]
    full_day = body.darshan == "special" and ahead in seed["full_in_days"]
    if full_day or taken + body.devotees > seed["places_a_day"][body.darshan]:
        raise Problem(409, "full", "No places left")
