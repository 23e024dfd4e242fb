"""An office at the seam: real keys, credentials and log; states of documents in a dictionary."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from actions.documents.credential import Claims, Link, new_id, sign
from actions.documents.keys import PublicKey, SigningKey, key_set, kid_of
from actions.documents.site.page import build, page_data
from actions.transparency.log import Log
from actions.transparency.note import COSIGNATURE, Note, Signer
from actions.transparency.routes import build as build_log

DAY = 86400
DATA = page_data()
PATIENT = {**DATA, "settings": {**DATA["settings"], "answer_seconds": 120}}
"""A busy machine is slow; no test is about that."""
NAME = "కొండపల్లి వెంకట లక్ష్మీ స్రవంతి"
FIELDS = (
    ("certificate_number", "INC/2026/004512"),
    ("holder_name", NAME),
    ("certified", "ఏడాదికి ₹1,20,000 ఆదాయం"),
)


def make_witness(name: str) -> Signer:
    """A witness of the log."""
    return Signer.new(f"{name}.example.gov.in/witness", COSIGNATURE)


def make_key(
    department: str = "revenue", *, begins: int | None = None, days: int = 365
) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes_raw()
    begins = int(time.time()) - 30 * DAY if begins is None else begins
    return SigningKey(PublicKey(kid_of(raw), raw, department, begins, begins + days * DAY), private)


@dataclass
class Document:
    link: Link
    salt: bytes
    index: int
    state: str = "valid"
    more: Mapping[str, Any] | None = None


class Office:
    """Issues documents and answers for them, as the real server does."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.origin, self.fetched_for = origin, origin
        self.log = Log.open(folder, origin=origin.split("//")[1])
        self.key = make_key()
        self.published = {self.key.public.kid: self.key.public}
        self.documents: dict[str, Document] = {}
        self.asked: list[str] = []
        self.down = False
        self.witnesses: list[str] = []
        self.tampered: dict[str, Any] = {}

    def issue(self, *, key: SigningKey | None = None, logged: bool = True, **claims: Any) -> str:
        """The text of the QR code of a new document."""
        given = Claims(
            **{
                "issuer": "revenue",
                "id": new_id(),
                "issued_at": int(time.time()) - DAY,
                "form": "revenue_certificate",
                "fields": FIELDS,
                "digest": bytes(16),
                **claims,
            }
        )
        return self.register(given.id, sign(given, key or self.key), logged=logged)

    def register(self, document_id: str, token: bytes, *, logged: bool = True) -> str:
        salt = secrets.token_bytes(16)
        entry = hashlib.sha256(salt + hashlib.sha256(token).digest()).digest()
        link = Link(self.origin, document_id, token)
        if logged:
            self.documents[document_id] = Document(link, salt, self.log.append(entry))
        return str(link)

    def change(self, text: str, state: str, **more: Any) -> None:
        document = self.documents[text.rpartition("/c/")[2].partition("#")[0]]
        document.state, document.more = state, {"changed_at": int(time.time()), **more}

    def withdraw(self, key: SigningKey) -> None:
        gone = replace(key.public, withdrawn_at=int(time.time()) - DAY)
        self.published[gone.kid] = gone

    def cosign(self, *witnesses: Signer, text: str | None = None) -> None:
        """Witnesses sign the log's checkpoint, or another text in its place."""
        signed = Note.parse(self.log.checkpoint()).text
        made = [witness.sign(text or signed, int(time.time())) for witness in witnesses]
        self.log.attach(signed, made)

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.middleware("http")
        async def noted(request, call_next):  # what reaches the server of an address
            self.asked.append(str(request.url))
            if self.down and not request.url.path.startswith("/site"):
                return Response(status_code=503)
            return await call_next(request)

        @app.get("/keys.json")
        def keys() -> JSONResponse:
            keys, now = self.published.values(), int(time.time())
            found = key_set(keys, self.fetched_for, now, self.witnesses)
            return JSONResponse(found)

        @app.get("/c/{document_id}/status")
        def status(document_id: str) -> JSONResponse:
            return JSONResponse({**self.status(document_id), **self.tampered})

        app.include_router(build_log(self.log))
        app.include_router(build(PATIENT))
        return app

    def status(self, document_id: str) -> dict[str, Any]:
        nothing = {"changed_at": None, "reason": None, "replaced_by": None, "log": None}
        document = self.documents.get(document_id)
        if document is None:
            return {"id": document_id, "state": "unknown", **nothing}
        receipt = self.log.receipt(document.index)
        log = {
            "index": receipt.index,
            "leaf": "",
            "size": receipt.size,
            "proof": [node.hex() for node in receipt.proof],
            "checkpoint": receipt.checkpoint,
            "salt": document.salt.hex(),
        }
        more = document.more or {}
        return {"id": document_id, "state": document.state, **nothing, **more, "log": log}
