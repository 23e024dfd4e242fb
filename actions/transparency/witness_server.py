"""The HTTP side of a witness: `add-checkpoint` of C2SP tlog-witness, key, last signature."""

from __future__ import annotations

import time

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool

from actions.transparency.note import NoteError
from actions.transparency.submission import SIZE_TYPE, Submission
from actions.transparency.witness import Refused, Witness
from nlu.web.body import BodyTooLong, read_body

_LONGEST_BODY = 64 * 1024  # bytes


def create_app(witness: Witness) -> FastAPI:
    """POST /add-checkpoint, GET /checkpoint (the last one cosigned), GET /key."""
    app = FastAPI(title="Seva log witness", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await read_body(request, _LONGEST_BODY)
        except BodyTooLong:
            return PlainTextResponse("too long\n", 413)
        try:
            asked = Submission.parse(body.decode("utf-8"))
        except (NoteError, UnicodeDecodeError) as error:
            return PlainTextResponse(f"{error}\n", 400)
        return await run_in_threadpool(_add, witness, asked)

    @app.get("/checkpoint")
    def checkpoint() -> Response:
        latest = witness.latest()
        if latest is None:
            return PlainTextResponse("nothing signed yet\n", 404)
        return PlainTextResponse(str(latest), headers={"cache-control": "no-store"})

    @app.get("/key")
    def key() -> Response:
        return PlainTextResponse(f"{witness.verifier}\n")

    return app


def _add(witness: Witness, asked: Submission) -> Response:
    try:
        signature = witness.add(asked.old, asked.proof, asked.checkpoint, int(time.time()))
    except Refused as refused:
        if refused.size is not None:
            return Response(f"{refused.size}\n", 409, headers={"content-type": SIZE_TYPE})
        return PlainTextResponse(f"{refused}\n", refused.status)
    return PlainTextResponse(signature.line)
