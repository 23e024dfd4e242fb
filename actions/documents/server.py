"""`seva documents serve`: the public side of documents: page, keys, status, PDFs and log.

No answer of `/c/<id>/status`, `/keys.json` and `/log` holds personal data, and no access log is
written: the address of a PDF is a secret.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from actions.documents.form import load_forms
from actions.documents.issue import Issuer
from actions.documents.key_set import key_set
from actions.documents.ledger import TileLedger
from actions.documents.registry import NotRecorded
from actions.documents.settings import LOG
from actions.documents.site import routes as site
from actions.documents.site.headers import SECURITY
from actions.documents.status import status
from actions.transparency import routes as transparency
from actions.transparency.cosign_rounds import CosignRounds
from actions.transparency.note import NoteError
from nlu.settings.settings import DocumentsSettings
from nlu.web import Door, host_of

_HEADERS = {n: value for n, value in SECURITY.items() if n != "Content-Security-Policy"}
_HTTPS_ONLY = "max-age=31536000"
_NOW = "no-cache"
_PRIVATE = "private, no-store"


def create_app(
    folder: Path,
    public_url: str,
    witnesses: Sequence[str] = (),
    cosign_every: float = 0,
    hosts: Sequence[str] = (),
) -> FastAPI:
    """The app over the documents in `folder`. Raises LogError, FormError, NotRecorded.

    While it runs, the log's `witnesses` are asked to sign every so many seconds. It goes by the
    name in `public_url`, by `hosts` and by those of this machine.
    """
    load_forms()  # a broken form is reported at the start
    ledger = TileLedger.open(folder / LOG, public_url)
    issuer = Issuer(folder, public_url, ledger)
    app = FastAPI(title="Seva documents", docs_url=None, redoc_url=None, openapi_url=None)
    headers = dict(_HEADERS)
    if public_url.startswith("https:"):
        headers["Strict-Transport-Security"] = _HTTPS_ONLY
    app.add_middleware(Door, hosts=[host_of(public_url), *hosts], headers=headers)
    app.add_exception_handler(NotRecorded, _unreadable)
    rounds = CosignRounds(ledger.log, witnesses)
    _add_answers(app, issuer, rounds)
    if witnesses:
        _keep_cosigned(app, rounds, cosign_every)
    app.include_router(transparency.build(ledger.log))
    app.include_router(site.build())
    return app


def _add_answers(app: FastAPI, issuer: Issuer, rounds: CosignRounds) -> None:
    @app.get("/health")
    def health() -> dict[str, Any]:
        """Whether registry and log can be read."""
        issuer.registry.by_id("")
        return {"status": "ok", "log_size": issuer.ledger.size}

    @app.get("/keys.json")
    def keys() -> Response:
        """Every key there ever was, with the time of this answer; the keys of the witnesses."""
        try:
            named = [str(key) for key in rounds.witness_keys()]
        except NoteError:
            named = []
        found = issuer.keys.public_keys()
        content = key_set(found, issuer.public_url, int(time.time()), named)
        return JSONResponse(content, headers={"Cache-Control": _NOW})

    @app.get("/c/{document_id}/status")
    def get_status(document_id: str) -> Response:
        """Whether a document counts; an id that nobody has is `unknown`, not an error."""
        content = status(issuer.registry, issuer.ledger, document_id)
        return JSONResponse(content, headers={"Cache-Control": "no-store"})

    @app.get("/d/{token}.pdf")
    def get_pdf(token: str) -> Response:
        """The PDF of a valid document for who knows its secret."""
        found = issuer.pdf(token)
        if found is None:
            raise HTTPException(404, headers={"Cache-Control": _PRIVATE})
        headers = {
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(found[0])}",
            "Cache-Control": _PRIVATE,
            "X-Robots-Tag": "noindex",
        }
        return Response(found[1], media_type="application/pdf", headers=headers)


def _keep_cosigned(app: FastAPI, rounds: CosignRounds, every: float) -> None:
    """Ask the witnesses from start to stop."""
    running: list[threading.Event] = []

    @app.on_event("startup")
    def start() -> None:
        running.append(rounds.start(every))

    @app.on_event("shutdown")
    def stop() -> None:
        running.pop().set()


async def _unreadable(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": "the registry cannot be read now"}, 503)


def serve_documents(folder: Path, settings: DocumentsSettings) -> None:
    """Serve until interrupted."""
    host, port = settings.documents_host, settings.documents_port
    app = create_app(
        folder,
        settings.documents_url,
        settings.witnesses.split(),
        settings.cosign_seconds,
        (host, *settings.page_names),
    )
    uvicorn.run(app, host=host, port=port, access_log=False, log_level="warning", ws="none")
