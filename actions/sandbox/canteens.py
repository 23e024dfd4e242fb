"""Sandbox of the Anna Canteens: places, hours, donations."""

from __future__ import annotations

import sqlite3
from typing import Any

from fastapi import Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel, Field

from actions.sandbox import clock
from actions.sandbox.desk import Body, Desk, idempotency_key, language
from actions.sandbox.first_records import load_seed
from actions.sandbox.store import next_number


class DonationRequest(BaseModel):
    """Body of createDonation."""

    donor_name: str = Field(..., min_length=1, max_length=100)
    amount: float = Field(..., ge=1, le=10_000_000)
    mobile: str = Field(..., regex="^[6-9][0-9]{9}$")


def build(desk: Desk) -> FastAPI:
    """The department's app."""
    app = desk.app("Anna Canteens (sandbox)")
    seed = load_seed("canteens")
    key_check = [desk.guarded()]

    @app.get("/canteens", operation_id="listCanteens", dependencies=key_check)
    def list_canteens(
        town: str = Query(..., regex="^[a-z][a-z0-9_]{1,63}$"), words: str = Depends(language)
    ) -> dict[str, Any]:
        canteens = [
            {"id": f"AC-{town}-{number:02}", "address": address[words]}
            for number, address in enumerate(seed["towns"].get(town, []), start=1)
        ]
        return {"town": town, "canteens": canteens}

    @app.get("/timings", operation_id="getTimings", dependencies=key_check)
    def get_timings(words: str = Depends(language)) -> dict[str, Any]:
        return {"meals": seed["meals"]}

    @app.post("/donations", operation_id="createDonation", status_code=201, dependencies=key_check)
    def create_donation(
        body: DonationRequest,
        request: Request,
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            serial = next_number(db, "canteens_donations")
            donation = f"ACD{clock.today():%y%m%d}{serial:04}"
            row = (donation, body.donor_name, body.amount, body.mobile)
            db.execute("INSERT INTO canteens_donations VALUES (?, ?, ?, ?)", row)
            desk.on_record.made(db, key, donation)
            order, link = desk.order(db, request, "createDonation", donation, body.amount)
            made = {"id": donation, "amount": body.amount, "order_id": order, "payment_link": link}
            return 201, {"donation": made}, donation

        return desk.once("createDonation", key, body.dict(), work)

    return app
