"""A witness signs a log's checkpoint only if it appends to the last one that it signed.

The rules and the HTTP interface are those of C2SP tlog-witness. One state folder is for one log.
Nobody may restore the folder from an earlier copy: the witness could then sign two histories.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool

from actions.transparency.cosignatures import SIZE_TYPE, Submission
from actions.transparency.durable import replace_file, sync_folder
from actions.transparency.merkle import EMPTY_ROOT, consistency_proof, verify_consistency
from actions.transparency.note import (
    COSIGNATURE,
    Checkpoint,
    Note,
    NoteError,
    Signature,
    SignedCheckpoint,
    Signer,
    Verifier,
    open_checkpoint,
)
from actions.transparency.reader import Inconsistent, Reader
from nlu.storage.file_lock import locked
from nlu.web.body import BodyTooLong, read_body

_LONGEST_BODY = 64 * 1024  # bytes


class Refused(Exception):
    """A checkpoint is not signed: the HTTP status, the reason, and for 409 the expected size."""

    def __init__(self, status: int, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.size = status, size


class StateError(Exception):
    """The witness's state or key cannot be used; the message is for an operator."""


@dataclass(frozen=True)
class _Files:
    root: Path

    @property
    def log(self) -> Path:
        """The public key of the log to which this state belongs."""
        return self.root / "log"

    @property
    def checkpoint(self) -> Path:
        """The last checkpoint that was cosigned, with the cosignature."""
        return self.root / "checkpoint"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    def conflict(self, size: int) -> Path:
        """Two checkpoints signed by the log that cannot both be true."""
        return self.root / f"conflict-{size}"


class Witness:
    """Cosigns one log. Safe for threads and processes."""

    def __init__(self, folder: Path, signer: Signer, log: Verifier) -> None:
        """Raises StateError if the state belongs to another log."""
        if signer.kind != COSIGNATURE:
            raise StateError("this key is not one for cosigning")
        if signer.verifier.public == log.public:
            raise StateError("a log cannot be its own witness")
        self._files, self._signer, self.log = _Files(folder), signer, log
        self._mutex = threading.Lock()
        if Verifier.parse(self._files.log.read_text("utf-8")) != log:
            raise StateError(f"the state in {folder} is for another log or another key of it")
        self.latest()

    @classmethod
    def open(cls, folder: Path, key: Path, log: Verifier, name: str | None) -> Witness:
        """Opens a witness. The first time it makes the key, under `name`, and the state.

        Raises StateError, also if there is a key but no state: a witness that does not know what
        it signed could sign another history.
        """
        files = _Files(folder)
        if not key.exists():
            if files.log.exists():
                raise StateError(f"there is a state in {folder}, but no key {key}")
            if not name:
                raise StateError("a new witness needs a name, such as treasury.example.in/witness")
            signer = Signer.new(name, COSIGNATURE)
            folder.mkdir(parents=True, exist_ok=True)
            key.parent.mkdir(parents=True, exist_ok=True)
            replace_file(files.log, f"{log}\n".encode())
            sync_folder(folder)
            replace_file(key, (signer.encode() + "\n").encode(), mode=0o600)
            sync_folder(key.parent)
        if not files.log.exists():
            raise StateError(
                f"the key {key} has been used, but there is no state in {folder}: bring back the "
                "state, or begin a new witness with a new key"
            )
        try:
            return cls(folder, Signer.parse(key.read_text("utf-8")), log)
        except NoteError as error:
            raise StateError(f"{key} or the state in {folder} is damaged: {error}") from error

    @staticmethod
    def known_log(folder: Path) -> Verifier | None:
        """The log to which the state in `folder` belongs, or None before the first start."""
        path = _Files(folder).log
        return Verifier.parse(path.read_text("utf-8")) if path.exists() else None

    @property
    def verifier(self) -> Verifier:
        """The key that checks its cosignatures."""
        return self._signer.verifier

    def latest(self) -> SignedCheckpoint | None:
        """The last checkpoint that it cosigned. Raises StateError if that file is damaged."""
        try:
            return open_checkpoint(self._files.checkpoint.read_text("utf-8"), self.log)
        except FileNotFoundError:
            return None
        except (NoteError, UnicodeDecodeError) as error:
            raise StateError(f"{self._files.checkpoint} is damaged: {error}") from error

    def add(self, old: int, proof: Sequence[bytes], raw: str, now: int) -> Signature:
        """Cosigns a checkpoint that appends to the last one, which had `old` entries.

        The new state is on disk before this returns. `now` is in Unix seconds. Raises Refused.
        """
        checkpoint, note = self._read(raw)
        if old > checkpoint.size:
            raise Refused(400, f"{old} entries are more than the {checkpoint.size} to sign")
        with self._mutex, locked(self._files.lock):
            latest = self.latest()
            known = latest.checkpoint if latest else Checkpoint(self.log.name, 0, EMPTY_ROOT)
            if old != known.size:
                self._keep_conflict(latest, checkpoint, note)
                raise Refused(409, f"the last checkpoint had {known.size} entries", known.size)
            if checkpoint.size == known.size and checkpoint.root != known.root:
                self._keep_conflict(latest, checkpoint, note)
                raise Refused(409, f"{known.size} entries with another root were signed before")
            if not verify_consistency(old, checkpoint.size, known.root, checkpoint.root, proof):
                raise Refused(422, f"the proof from {old} to {checkpoint.size} entries is wrong")
            signature = self._signer.sign(note.text, now)
            own = note.signature_of(self.log)
            assert own is not None
            kept = Note(note.text, (own, signature))
            replace_file(self._files.checkpoint, str(kept).encode())
            sync_folder(self._files.root)
            return signature

    def round(self, reader: Reader, now: int) -> SignedCheckpoint:
        """Fetches the log's checkpoint, proves it from the log's tiles, and cosigns it.

        Raises Refused, Inconsistent, Missing, Unreachable, NoteError.
        """
        latest = self.latest()
        known = latest.checkpoint.size if latest else 0
        new = reader.checkpoint()
        if new.checkpoint.size < known:
            raise Inconsistent(f"{new.checkpoint.size} entries are fewer than {known}")
        nodes = reader.nodes(new.checkpoint.size)
        proof = consistency_proof(nodes, known, new.checkpoint.size)
        self.add(known, proof, str(new), now)
        signed = self.latest()
        assert signed is not None
        return signed

    def _read(self, raw: str) -> tuple[Checkpoint, Note]:
        try:
            note = Note.parse(raw)
            checkpoint = Checkpoint.parse(note.text)
        except NoteError as error:
            raise Refused(400, str(error)) from error
        if checkpoint.origin != self.log.name:
            raise Refused(404, f"{checkpoint.origin} is not a log that this witness knows")
        try:
            if note.signature_of(self.log) is None:
                raise Refused(403, "the checkpoint is not signed by the log's key")
        except NoteError as error:
            raise Refused(403, str(error)) from error
        return checkpoint, note

    def _keep_conflict(
        self, latest: SignedCheckpoint | None, checkpoint: Checkpoint, note: Note
    ) -> None:
        """Keeps two signed roots of the same size: they prove to anybody that the log has lied."""
        known = latest.checkpoint if latest else None
        if known and known.size == checkpoint.size and known.root != checkpoint.root:
            both = f"{latest}\n{note}".encode()
            replace_file(self._files.conflict(checkpoint.size), both)


def create_app(witness: Witness) -> FastAPI:
    """The HTTP side: POST /add-checkpoint, GET /checkpoint (the last cosigned one), GET /key."""
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
