"""Sandbox of APSRTC: tickets, live position, cancellation."""

from __future__ import annotations

import datetime
import json
import sqlite3
from typing import Any

from fastapi import Depends, FastAPI, Path, Request, Response
from pydantic import BaseModel, Field

from actions.sandbox import clock
from actions.sandbox.access import named
from actions.sandbox.desk import Body, Desk, idempotency_key, language
from actions.sandbox.first_records import load_seed
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.store import next_number

_ID = "^[a-z][a-z0-9_]{1,63}$"
_TICKET = "^RTC[0-9]{8}$"
_MOBILE = "^[6-9][0-9]{9}$"


class TicketRequest(BaseModel):
    """Body of bookTicket."""

    origin: str = Field(..., alias="from", regex=_ID)
    to: str = Field(..., regex=_ID)
    date: datetime.date
    passengers: int = Field(..., ge=1, le=40)
    mobile: str = Field(..., regex=_MOBILE)


class CancellationRequest(BaseModel):
    """Body of cancelTicket."""

    mobile: str = Field(..., regex=_MOBILE)


def build(desk: Desk) -> FastAPI:
    """The department's app."""
    app = desk.app("APSRTC (sandbox)")
    seed = load_seed("apsrtc")
    key_check = [desk.guarded()]
    ticket_of = named("ticket_number", "ticket")
    desk.guard.about.update(trackBus=ticket_of, cancelTicket=ticket_of)

    @app.post("/tickets", operation_id="bookTicket", status_code=201, dependencies=key_check)
    def book_ticket(
        body: TicketRequest,
        request: Request,
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            departs = _departure(db, seed, body)
            fare = _fare(seed, body) * body.passengers
            number = f"RTC{clock.today():%y%m}{1000 + next_number(db, 'apsrtc_tickets'):04}"
            place = json.dumps(seed["any_place"])
            db.execute(
                "INSERT INTO apsrtc_tickets VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0, ?, 0)",
                (
                    number,
                    body.origin,
                    body.to,
                    body.passengers,
                    body.mobile,
                    fare,
                    departs.isoformat(),
                    place,
                ),
            )
            desk.on_record.made(db, key, number)
            desk.on_record.put(db, number, [body.mobile])
            order, link = desk.order(db, request, "bookTicket", number, fare)
            made = {
                "number": number,
                "fare": fare,
                "departs": departs.isoformat(),
                "order_id": order,
                "payment_link": link,
            }
            return 201, {"ticket": made}, number

        return desk.once("bookTicket", key, body.dict(), work)

    @app.get("/tickets/{ticket_number}/position", operation_id="trackBus", dependencies=key_check)
    def track_bus(
        ticket_number: str = Path(..., regex=_TICKET), words: str = Depends(language)
    ) -> dict[str, Any]:
        with desk.store.transaction() as db:
            ticket = _ticket(db, ticket_number)
        departs = _departs(ticket)
        arrives = departs + datetime.timedelta(hours=seed["journey_hours"])
        if ticket["cancelled"] or clock.now() > arrives:
            raise not_found("running journey")
        if clock.now() < departs:
            return {"state": "scheduled", "position": None}
        delay = ticket["delay_minutes"]
        expected = arrives + datetime.timedelta(minutes=delay)
        place = json.loads(ticket["place"])[words]
        position = {"place": place, "delay_minutes": delay, "expected": expected.isoformat()}
        return {"state": "running", "position": position}

    @app.post(
        "/tickets/{ticket_number}/cancellation",
        operation_id="cancelTicket",
        dependencies=key_check,
    )
    def cancel_ticket(
        body: CancellationRequest,
        ticket_number: str = Path(..., regex=_TICKET),
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            ticket = _ticket(db, ticket_number)
            if ticket["mobile"] != body.mobile:
                raise not_found("ticket")
            if ticket["cancelled"]:
                raise Problem(409, "already_cancelled", "Cancelled before")
            if _departs(ticket) <= clock.now():
                raise Problem(409, "departed", "The bus has left")
            db.execute("UPDATE apsrtc_tickets SET cancelled = 1 WHERE number = ?", (ticket_number,))
            amount = round(ticket["fare"] * seed["refund_percent"] / 100, 2)
            refund = {"amount": amount, "days": seed["refund_days"]}
            return 200, {"refund": refund}, ticket_number

        payload = {"ticket": ticket_number, **body.dict()}
        return desk.once("cancelTicket", key, payload, work)

    return app


def _departure(
    db: sqlite3.Connection, seed: dict[str, Any], body: TicketRequest
) -> datetime.datetime:
    """When the bus of a request leaves; raises where there is none or it is full."""
    ahead = (body.date - clock.today()).days
    pair = {body.origin, body.to}
    if ahead < 0 or ahead > seed["advance_days"] or len(pair) == 1:
        raise Problem(409, "no_bus", "No bus that day")
    if any(pair == set(route) for route in seed["no_bus"]):
        raise Problem(409, "no_bus", "No bus on this route")
    departs = clock.at(body.date, seed["departs"])
    if departs <= clock.now():  # today's first bus has left: one leaves within the hour
        departs = clock.now().replace(minute=0, second=0) + datetime.timedelta(hours=1)
    taken = db.execute(
        "SELECT coalesce(sum(passengers), 0) AS taken FROM apsrtc_tickets"
        " WHERE origin = ? AND destination = ? AND substr(departs, 1, 10) = ? AND NOT cancelled",
        (body.origin, body.to, departs.date().isoformat()),
    ).fetchone()["taken"]
    if ahead in seed["sold_out_in_days"] or taken + body.passengers > seed["seats"]:
        raise Problem(409, "full", "No seats left")
    return departs


def _fare(seed: dict[str, Any], body: TicketRequest) -> float:
    pair = {body.origin, body.to}
    fares = [row["fare"] for row in seed["fares"] if set(row["between"]) == pair]
    return float(fares[0] if fares else seed["any_fare"])


def _ticket(db: sqlite3.Connection, number: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM apsrtc_tickets WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        raise not_found("ticket")
    return row


def _departs(ticket: sqlite3.Row) -> datetime.datetime:
    if ticket["departs"] is not None:
        return datetime.datetime.fromisoformat(ticket["departs"])
    return clock.now() + datetime.timedelta(minutes=ticket["departs_in_minutes"])
