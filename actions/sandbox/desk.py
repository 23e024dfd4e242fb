"""What every department of the sandbox has: a guard, writes that are done once, payment orders and
signed documents."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request, Security
from fastapi.responses import JSONResponse, Response
from fastapi.security import APIKeyHeader

from actions.documents.issuer import Issuer, NotIssued
from actions.sandbox import clock, problem
from actions.sandbox.access import Guard
from actions.sandbox.phones import OnRecord, request_key
from actions.sandbox.problem import Problem
from actions.sandbox.store import Store
from nlu.log import get_logger

Body = dict[str, Any]
Done = tuple[int, Body, str]
"""What an operation came to: status, body and the reference of what was made."""
_log = get_logger(__name__)
_API_KEY = APIKeyHeader(name="X-Api-Key", auto_error=False)


@dataclass(frozen=True)
class Desk:
    """One department over the shared store."""

    department: str
    store: Store
    api_key: str
    public_url: str | None
    """Where citizens reach the sandbox; None: the address that the request came to."""
    issuer: Issuer
    """Signs what is printed."""
    guard: Guard
    """Says who may have what done."""

    @property
    def on_record(self) -> OnRecord:
        """The department's numbers."""
        return self.guard.on_record

    def app(self) -> FastAPI:
        """An app without operations: errors are problems, and issued documents can be fetched."""
        app = FastAPI(docs_url=None, redoc_url=None)
        problem.install(app)

        @app.exception_handler(NotIssued)
        def not_issued(request: Request, error: NotIssued) -> Response:
            _log.error("document_not_issued", reason=error.reason.value, why=str(error))
            why = Problem(503, "documents_unavailable", "No document can be issued now")
            return problem.respond(why)

        @app.get("/documents/{token}.pdf")
        def get_document(token: str) -> Response:
            found = self.issuer.pdf(token)
            if found is None:
                raise problem.not_found("document")
            return Response(found[1], media_type="application/pdf")

        return app

    def guarded(self) -> Any:
        """The dependency of every operation: Seva's key first, then who of its citizens asks."""

        async def check(request: Request, key: str | None = Security(_API_KEY)) -> None:
            check_key(key, self.api_key)
            await self.guard.admit(request, request.scope["route"].operation_id)

        return Depends(check)

    def asker(self, db: sqlite3.Connection, key: str) -> str:
        """Who sent a write: a number, or the key itself where nobody says."""
        return next(iter(self.on_record.phones(db, request_key(key))), key)

    def once(
        self,
        operation: str,
        key: str,
        payload: Mapping[str, Any],
        work: Callable[[sqlite3.Connection], Done],
    ) -> Response:
        """Do a write once for its key: when it is sent again, the first answer is given again."""
        digest = hashlib.sha256(
            json.dumps(payload, sort_keys=True, default=str).encode()
        ).hexdigest()
        with self.store.transaction() as db:
            known = self.known_answer(db, key)
            if known is not None:
                if (known["operation"], known["digest"]) != (operation, digest):
                    raise Problem(422, "idempotency_key_reused", "The key was used before")
                return answered(known["status"], json.loads(known["body"]))
            db.execute("SAVEPOINT work")
            try:
                status, body, reference = work(db)
                db.execute(
                    "INSERT INTO writes (department, operation, key, reference, at)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (self.department, operation, key, reference, clock.now().isoformat()),
                )
            except Problem as refusal:
                db.execute("ROLLBACK TO work")
                status, body = refusal.status, refusal.body
                if refusal.shared is not None:
                    self.on_record.made(db, key, refusal.shared)
            db.execute(
                "INSERT INTO keyed_answers VALUES (?, ?, ?, ?, ?, ?)",
                (self.department, key, operation, digest, status, json.dumps(body)),
            )
            return answered(status, body)

    def known_answer(self, db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
        """What the write with this key was answered with."""
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM keyed_answers WHERE department = ? AND key = ?", (self.department, key)
        ).fetchone()
        return row

    def order(
        self,
        db: sqlite3.Connection,
        request: Request,
        operation: str,
        reference: str,
        amount: float,
    ) -> tuple[str, str]:
        """Open a payment order: its id and the link to pay, in the caller's language."""
        order = f"ORD-{secrets.token_hex(6)}"
        db.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, NULL)",
            (order, self.department, operation, reference, amount),
        )
        self.on_record.made(db, request.headers["idempotency-key"], order)
        language = request.headers.get("accept-language", "en")
        return order, f"{self._origin(request)}/pay/{order}?{urlencode({'lang': language})}"

    def document(
        self, request: Request, form: str, values: Mapping[str, str], filename: str
    ) -> Body:
        """Issue a signed document: `{url, filename}`. The URL is a secret: WhatsApp fetches it.

        The same values, with the same Idempotency-Key if there is one, give the same document.
        """
        asked = [request.headers.get("idempotency-key"), form, dict(values)]
        key = self.store.fingerprint(hashlib.sha256(json.dumps(asked).encode()).hexdigest())
        issued = self.issuer.issue(self.department, form, values, key, filename=filename)
        url = f"{self._origin(request)}/{self.department}/documents/{issued.token}.pdf"
        return {"url": url, "filename": issued.filename}

    def _origin(self, request: Request) -> str:
        return self.public_url or f"{request.url.scheme}://{request.url.netloc}"


def check_key(given: str | None, wanted: str) -> None:
    """Refuse a caller without Seva's key. Raises Problem 401."""
    if not secrets.compare_digest((given or "").encode(), wanted.encode()):
        raise Problem(401, "unauthorised", "Unauthorised")


def answered(status: int, body: Body) -> Response:
    """An answer; those from 400 on are problems."""
    media = problem.MEDIA_TYPE if status >= 400 else "application/json"
    return JSONResponse(body, status, media_type=media)
