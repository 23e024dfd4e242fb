"""What every department's counter has: the guard, keyed writes, orders, documents."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import Depends, FastAPI, Header, Path, Request, Security
from fastapi.responses import JSONResponse, Response
from fastapi.security import APIKeyHeader

from actions.documents.issue import Issuer, NotIssued
from actions.sandbox import clock, problem
from actions.sandbox.access import About, Guard, Record
from actions.sandbox.on_record import OnRecord, request_key
from actions.sandbox.problem import Problem
from actions.sandbox.store import Store
from nlu.log import get_logger

Body = dict[str, Any]
Work = Callable[[sqlite3.Connection], tuple[int, Body, str]]
"""Does a write: status, body and the reference of what was made."""
_log = get_logger(__name__)
_API_KEY = APIKeyHeader(name="X-Api-Key", auto_error=False)


def language(accept_language: Literal["te", "hi", "en"] = Header("en")) -> str:
    """Language of names and addresses in the answer."""
    return accept_language


def idempotency_key(idempotency_key: str = Header(..., min_length=1, max_length=200)) -> str:
    """The key of a write."""
    return idempotency_key


@dataclass(frozen=True)
class Desk:
    """One department's counter over the shared store."""

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

    def asker(self, db: sqlite3.Connection, key: str) -> str:
        """Who sent a write. What anybody may ask for is open once for each of them: that another
        has asked for the same is theirs alone."""
        return next(iter(self.on_record.phones(db, request_key(key))), key)

    def app(self, title: str) -> FastAPI:
        """An empty app with problems for errors."""
        app = FastAPI(title=title, version="1.0", docs_url=None, redoc_url=None)
        app.openapi_version = "3.0.3"
        problem.install(app)

        @app.exception_handler(NotIssued)
        def not_issued(request: Request, error: NotIssued) -> Response:
            _log.error("document_not_issued", reason=error.reason.value, why=str(error))
            why = Problem(503, "documents_unavailable", "No document can be issued now")
            return problem.respond(why)

        return app

    def guarded(self) -> Any:
        """The dependency of every operation: Seva's key first, then who of its citizens asks."""

        async def check(request: Request, key: str | None = Security(_API_KEY)) -> None:
            if not secrets.compare_digest((key or "").encode(), self.api_key.encode()):
                raise Problem(401, "unauthorised", "Unauthorised")
            await self.guard.admit(request, request.scope["route"].operation_id)

        return Depends(check)

    def once(self, operation: str, key: str, payload: Mapping[str, Any], work: Work) -> Response:
        """Carry a write out once per key: asked again, the first answer is given again."""
        digest = hashlib.sha256(
            json.dumps(payload, sort_keys=True, default=str).encode()
        ).hexdigest()
        with self.store.transaction() as db:
            known = db.execute(
                "SELECT * FROM keyed_answers WHERE department = ? AND key = ?",
                (self.department, key),
            ).fetchone()
            if known is not None:
                if (known["operation"], known["digest"]) != (operation, digest):
                    raise Problem(422, "idempotency_key_reused", "The key was used before")
                return _answer(known["status"], json.loads(known["body"]))
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
            return _answer(status, body)

    def serve_writes(self, app: FastAPI) -> None:
        """Add `GET /writes/{request_id}`: a write's answer once more, by its Idempotency-Key."""

        self.guard.about["getWrite"] = About(
            lambda db, entered: Record(request_key(str(entered["request_id"]))), _unknown_write
        )

        @app.get(
            "/writes/{request_id:path}", operation_id="getWrite", dependencies=[self.guarded()]
        )
        def get_write(request_id: str = Path(..., min_length=1, max_length=200)) -> Response:
            with self.store.transaction() as db:  # waits for the write that is being done
                known = db.execute(
                    "SELECT status, body FROM keyed_answers WHERE department = ? AND key = ?",
                    (self.department, request_id),
                ).fetchone()
            if known is None:
                raise _unknown_write()
            return _answer(known["status"], json.loads(known["body"]))

    def order(
        self,
        db: sqlite3.Connection,
        request: Request,
        operation: str,
        reference: str,
        amount: float,
    ) -> tuple[str, str]:
        """Open a payment order: its id and the link to pay."""
        order = f"ORD-{secrets.token_hex(6)}"
        db.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, NULL)",
            (order, self.department, operation, reference, amount),
        )
        self.on_record.made(db, request.headers["idempotency-key"], order)
        return order, f"{self._origin(request)}/pay/{order}"

    def document(
        self, request: Request, form: str, values: Mapping[str, str], filename: str
    ) -> Body:
        """Issue a signed document: `{url, filename}`. The URL is a secret: WhatsApp fetches it.

        The same asked again, with the same Idempotency-Key if there is one, is the same document.
        """
        asked = [request.headers.get("idempotency-key"), form, dict(values)]
        key = self.store.fingerprint(hashlib.sha256(json.dumps(asked).encode()).hexdigest())
        issued = self.issuer.issue(self.department, form, values, key, filename=filename)
        url = f"{self._origin(request)}/{self.department}/documents/{issued.token}.pdf"
        return {"url": url, "filename": issued.filename}

    def serve_documents(self, app: FastAPI) -> None:
        """Add `GET /documents/{token}.pdf`."""

        @app.get("/documents/{token}.pdf", include_in_schema=False)
        def get_document(token: str) -> Response:
            found = self.issuer.pdf(token)
            if found is None:
                raise problem.not_found("document")
            return Response(found[1], media_type="application/pdf")

    def _origin(self, request: Request) -> str:
        return self.public_url or f"{request.url.scheme}://{request.url.netloc}"


def _unknown_write() -> Problem:
    return Problem(404, "unknown_write", "No write came with this key")


def _answer(status: int, body: Body) -> Response:
    media = problem.MEDIA_TYPE if status >= 400 else "application/json"
    return JSONResponse(body, status, media_type=media)
