"""`seva documents serve`, the public side of documents: page, keys, status, PDFs and log.

No answer of `/c/<id>/status`, `/keys.json` and `/log` holds personal data, and no access log is
written: the address of a PDF is a secret.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from actions.documents.form import load_forms
from actions.documents.issuer import Issuer
from actions.documents.keys import key_set
from actions.documents.registry import NotRecorded, status
from actions.documents.site import page as site
from actions.documents.site.page import SECURITY
from actions.transparency import routes as transparency
from actions.transparency.cosignatures import CosignRounds
from actions.transparency.note import NoteError
from nlu.settings.settings import DocumentsSettings
from nlu.storage.database import DatabaseAway
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

    While it runs and holds the log's key, it signs what others append, and asks the log's
    `witnesses` to sign every `cosign_every` seconds. It answers to the host in `public_url`, to
    `hosts`, and to the names of this machine.
    """
    load_forms()  # a broken form is reported at the start
    issuer = Issuer.open(folder, public_url, begin=True)
    log = issuer.event_log.log
    app = FastAPI(title="Seva documents", docs_url=None, redoc_url=None, openapi_url=None)
    headers = dict(_HEADERS)
    if public_url.startswith("https:"):
        headers["Strict-Transport-Security"] = _HTTPS_ONLY
    app.add_middleware(Door, hosts=[host_of(public_url), *hosts], headers=headers)
    for trouble in (NotRecorded, DatabaseAway):
        app.add_exception_handler(trouble, _unreadable)
    rounds = CosignRounds(log, witnesses)
    _add_answers(app, issuer, rounds)
    if log.signs:
        _keep_in_thread(app, log.keep_signed)
    if log.signs and witnesses:
        _keep_in_thread(app, lambda: rounds.start(cosign_every))
    app.include_router(transparency.build(log))
    app.include_router(site.build())
    return app


def _add_answers(app: FastAPI, issuer: Issuer, rounds: CosignRounds) -> None:
    @app.get("/health")
    def health() -> dict[str, Any]:
        """Whether registry and log can be read."""
        issuer.registry.by_id("")
        return {"status": "ok", "log_size": issuer.event_log.size}

    @app.get("/keys.json")
    def keys() -> Response:
        """Every key of all times, the keys of the witnesses, and the time of this answer."""
        try:
            named = [str(key) for key in rounds.witness_keys()]
        except NoteError:
            named = []
        found = issuer.keys.public_keys()
        content = key_set(found, issuer.public_url, int(time.time()), named)
        return JSONResponse(content, headers={"Cache-Control": _NOW})

    @app.get("/c/{document_id}/status")
    def get_status(document_id: str) -> Response:
        """Whether a document is valid. An id that no document has is `unknown`, not an error."""
        content = status(issuer.registry, issuer.event_log, document_id)
        return JSONResponse(content, headers={"Cache-Control": "no-store"})

    @app.get("/d/{token}.pdf")
    def get_pdf(token: str) -> Response:
        """The PDF of a valid document, for everybody who knows its secret."""
        found = issuer.pdf(token)
        if found is None:
            raise HTTPException(404, headers={"Cache-Control": _PRIVATE})
        headers = {
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(found[0])}",
            "Cache-Control": _PRIVATE,
            "X-Robots-Tag": "noindex",
        }
        return Response(found[1], media_type="application/pdf", headers=headers)


def _keep_in_thread(app: FastAPI, begin: Callable[[], threading.Event]) -> None:
    """What goes on while the app runs, until the event that `begin` gives is set."""
    running: list[threading.Event] = []

    @app.on_event("startup")
    def start() -> None:
        running.append(begin())

    @app.on_event("shutdown")
    def stop() -> None:
        running.pop().set()


async def _unreadable(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": "the registry cannot be read now"}, 503)


def serve_documents(folder: Path, settings: DocumentsSettings) -> None:
    """Serves until it is interrupted."""
    host, port = settings.documents_host, settings.documents_port
    app = create_app(
        folder,
        settings.documents_url,
        settings.witnesses.split(),
        settings.cosign_seconds,
        (host, *settings.page_names),
    )
    uvicorn.run(app, host=host, port=port, access_log=False, log_level="warning", ws="none")
