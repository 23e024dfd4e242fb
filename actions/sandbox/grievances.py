"""Sandbox of the grievance system: register, follow, reopen, rate. Its books are `GrievanceBook`.

Neither the citizen's words nor the place nor the photo are kept, only whether there was one.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from fastapi import Depends, FastAPI, Path, Request, Response
from pydantic import BaseModel, Field

from actions.sandbox.access import OWN_LIST, About, Record, named, sender_of
from actions.sandbox.desk import Body, Desk, idempotency_key, language
from actions.sandbox.grievance_book import CLOSED, GrievanceBook
from actions.sandbox.on_record import request_key
from actions.sandbox.problem import Problem, not_found

COLLECTOR = "collector"  # who gets what is for an office that nobody knows
NUMBER = "^PGRS[0-9]{9}$"


class _Strict(BaseModel):
    class Config:
        """No members that the document does not have."""

        extra = "forbid"


class GrievanceRequest(_Strict):
    """Body of registerGrievance."""

    grievance_text: str = Field(..., min_length=1, max_length=1000)
    location: str = Field(..., min_length=1, max_length=300)
    photo: str = Field("", max_length=300)
    office: str = Field(..., regex="^[a-z][a-z_]{0,39}$")
    secretariat: str = Field("", regex="^([a-z][a-z0-9_]{0,59})?$")
    citizen: str = Field(..., min_length=1, max_length=128)


class Search(_Strict):
    """Body of the searches."""

    citizen: str = Field(..., min_length=1, max_length=128)


class ReopenRequest(_Strict):
    """Body of reopenGrievance."""

    reason: str = Field(..., min_length=1, max_length=500)
    citizen: str = Field(..., min_length=1, max_length=128)


class RatingRequest(_Strict):
    """Body of rateGrievance."""

    rating: int = Field(..., ge=1, le=5)
    comment: str = Field("", max_length=500)
    citizen: str = Field(..., min_length=1, max_length=128)


def build(desk: Desk, books: GrievanceBook) -> FastAPI:
    """The department's app over its books."""
    app = desk.app("Public grievances (sandbox)")
    checked = [desk.guarded()]
    one = named("number", "grievance")
    desk.guard.about.update(getGrievance=one, reopenGrievance=one, rateGrievance=one)
    desk.guard.about["getGrievanceByReference"] = About(
        lambda db, entered: Record(request_key(str(entered["reference"]))), one.missing
    )
    listed = About(lambda db, entered: OWN_LIST, one.missing)
    desk.guard.about.update(listGrievances=listed, listClosedGrievances=listed)

    @app.post(
        "/grievances", operation_id="registerGrievance", status_code=201, dependencies=checked
    )
    def register(
        body: GrievanceRequest,
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        office = body.office if body.office in books.directory.offices else COLLECTOR
        subject = desk.store.fingerprint(body.citizen, body.grievance_text, body.location)
        citizen = desk.store.fingerprint(body.citizen)

        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            before = books.open_for(db, subject)
            if before is not None:
                raise Problem(
                    409, "already_open", "One is open already", **books.shown(before, words)
                )
            made = books.register(
                db,
                reference=key,
                citizen=citizen,
                subject=subject,
                language=words,
                office=office,
                secretariat=body.secretariat,
                photo=bool(body.photo),
            )
            desk.on_record.made(db, key, made["number"])
            return 201, books.shown(made, words), made["number"]

        payload = {"office": body.office, "secretariat": body.secretariat, "subject": subject}
        return desk.once("registerGrievance", key, {**payload, "photo": bool(body.photo)}, work)

    @app.get("/grievances/{number}", operation_id="getGrievance", dependencies=checked)
    def get_grievance(
        number: str = Path(..., regex=NUMBER),
        words: str = Depends(language),
    ) -> dict[str, Any]:
        with desk.store.transaction() as db:
            row = books.find(db, number)
        if row is None:
            raise not_found("grievance")
        return books.shown(row, words)

    @app.get(
        "/references/{reference}", operation_id="getGrievanceByReference", dependencies=checked
    )
    def get_by_reference(
        reference: str = Path(..., min_length=1, max_length=200),
        words: str = Depends(language),
    ) -> dict[str, Any]:
        with desk.store.transaction() as db:
            row = books.by_reference(db, reference)
        if row is None:
            raise not_found("grievance")
        return books.shown(row, words)

    def searched(body: Search, request: Request, words: str, closed: bool) -> dict[str, Any]:
        sender = sender_of(request) or ""
        with desk.store.transaction() as db:
            rows = books.of_citizen(db, desk.store.fingerprint(body.citizen), closed=closed)
            own = [row for row in rows if desk.on_record.holds(db, row["number"], sender)]
        return {"grievances": [books.shown(row, words) for row in own]}

    @app.post("/searches/grievances", operation_id="listGrievances", dependencies=checked)
    def list_grievances(
        body: Search, request: Request, words: str = Depends(language)
    ) -> dict[str, Any]:
        return searched(body, request, words, closed=False)

    @app.post(
        "/searches/closed-grievances", operation_id="listClosedGrievances", dependencies=checked
    )
    def list_closed(
        body: Search, request: Request, words: str = Depends(language)
    ) -> dict[str, Any]:
        return searched(body, request, words, closed=True)

    def closed(db: sqlite3.Connection, number: str) -> sqlite3.Row:
        """A closed grievance; the guard has looked whose it is."""
        row = books.find(db, number)
        if row is None:
            raise not_found("grievance")
        if row["state"] not in CLOSED:
            raise Problem(409, "not_closed", "It is still open", **books.shown(row, "en"))
        return row

    @app.post(
        "/grievances/{number}/reopenings",
        operation_id="reopenGrievance",
        status_code=201,
        dependencies=checked,
    )
    def reopen(
        body: ReopenRequest,
        number: str = Path(..., regex=NUMBER),
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            row = closed(db, number)
            if books.too_late(row):
                raise Problem(409, "too_late", "Closed too long ago", **books.shown(row, words))
            return 201, books.shown(books.reopen(db, row, key, words), words), number

        payload = {"number": number, "digest": desk.store.fingerprint(body.reason, body.citizen)}
        return desk.once("reopenGrievance", key, payload, work)

    @app.post(
        "/grievances/{number}/ratings",
        operation_id="rateGrievance",
        status_code=201,
        dependencies=checked,
    )
    def rate(
        body: RatingRequest,
        number: str = Path(..., regex=NUMBER),
        key: str = Depends(idempotency_key),
        words: str = Depends(language),
    ) -> Response:
        def work(db: sqlite3.Connection) -> tuple[int, Body, str]:
            row = closed(db, number)
            if row["rating"] is not None:
                raise Problem(409, "already_rated", "Rated already", **books.shown(row, words))
            books.rate(db, row, body.rating)
            shown = books.shown(row, words)
            answer = {"rating": body.rating, "office": shown["office"]}
            return 201, {**answer, "reopen_by": shown["reopen_by"]}, number

        private = desk.store.fingerprint(body.comment, body.citizen)
        payload = {"number": number, "rating": body.rating, "digest": private}
        return desk.once("rateGrievance", key, payload, work)

    return app
