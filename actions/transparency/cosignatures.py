"""A log asks its witnesses to sign its checkpoint, and publishes what they signed.

Request and answer are `add-checkpoint` of C2SP tlog-witness. `CosignRounds` asks again and again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from actions.transparency.folder import LogError
from actions.transparency.merkle import HASH_SIZE
from actions.transparency.note import (
    Checkpoint,
    Note,
    NoteError,
    Signature,
    Verifier,
    decode64,
    encode64,
)
from actions.transparency.published import PublishedLog
from actions.transparency.reader import Unreachable, source_at
from nlu.log import get_logger

SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_LONGEST_PROOF = 63
_TIMEOUT = httpx.Timeout(10)
_TRIES = 3  # another process may get a signature in between
_LOG = get_logger(__name__)


class NotCosigned(Exception):
    """A witness did not sign; the message says why."""


@dataclass(frozen=True)
class Submission:
    """The request of a log to a witness."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: str

    @property
    def body(self) -> str:
        """The body of the request."""
        proof = "".join(f"{encode64(node)}\n" for node in self.proof)
        return f"old {self.old}\n{proof}\n{self.checkpoint}"

    @classmethod
    def parse(cls, body: str) -> Submission:
        """Reads the body of a request. Raises NoteError if it is malformed."""
        head, found, checkpoint = body.partition("\n\n")
        first, *lines = head.split("\n")
        old = _OLD.fullmatch(first)
        if not found or not old or len(lines) > _LONGEST_PROOF:
            raise NoteError("not a request to sign a checkpoint")
        proof = tuple(decode64(line) for line in lines)
        if any(len(node) != HASH_SIZE for node in proof):
            raise NoteError("a proof's hashes have 32 bytes")
        return cls(int(old[1]), proof, checkpoint)


def ask(
    log: PublishedLog, raw: str, url: str, witness: Verifier, client: httpx.Client
) -> Signature:
    """The witness's signature of a checkpoint of the log. Raises NotCosigned."""
    text = Note.parse(raw).text
    size = Checkpoint.parse(text).size
    old = 0
    for _ in range(_TRIES):
        proof = log.consistency_proof(old, size)
        answer = _post(client, url, Submission(old, tuple(proof), raw))
        if answer.status_code != 409 or answer.headers.get("content-type") != SIZE_TYPE:
            return _signature(answer, text, witness, url)
        if not re.fullmatch(r"[0-9]{1,19}\n", answer.text):
            raise NotCosigned(f"{url}: an answer that cannot be read")
        old = int(answer.text)
        if old > size:
            raise NotCosigned(f"{url} has signed {old} entries, more than the {size} of this log")
    raise NotCosigned(f"{url}: the witness keeps naming other sizes")


def cosign(
    log: PublishedLog, witnesses: Sequence[tuple[str, Verifier]]
) -> tuple[Note | None, list[str]]:
    """Asks each witness and publishes what they signed. Also returns why others did not sign."""
    raw = log.checkpoint()
    text = Note.parse(raw).text
    signatures, reasons = [], []
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as client:
        for url, witness in witnesses:
            try:
                signatures.append(ask(log, raw, url, witness, client))
            except NotCosigned as problem:
                reasons.append(str(problem))
    return (log.attach(text, signatures) if signatures else None), reasons


@dataclass(frozen=True)
class Round:
    """One round: the names of the witnesses that signed, and why others did not."""

    signed: tuple[str, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True)
class CosignRounds:
    """Asks the witnesses of our own log. Their keys are kept as they were at first sight."""

    log: PublishedLog
    witnesses: Sequence[str]

    def once(self) -> Round:
        """Asks each witness once. Raises LogError, NoteError, OSError."""
        pins = self.log.pins()
        known, reasons = [], []
        for url in self.witnesses:
            try:
                known.append((url, pins.of(url, source_at(url))))
            except Unreachable as problem:
                reasons.append(str(problem))
        note, refused = cosign(self.log, known)
        names = [signature.name for signature in note.signatures[1:]] if note else []
        return Round(tuple(names), (*reasons, *refused))

    def witness_keys(self) -> list[Verifier]:
        """Keys of the witnesses that answered at least once. Raises NoteError."""
        pins = self.log.pins()
        found = [pins.known(url) for url in self.witnesses]
        return [key for key in found if key is not None]

    def start(self, every: float) -> threading.Event:
        """Asks every `every` seconds in its own thread, until the caller sets the event."""
        stop = threading.Event()
        threading.Thread(target=self._run, args=(every, stop), daemon=True).start()
        return stop

    def _run(self, every: float, stop: threading.Event) -> None:
        before: Round | None = None
        while True:
            try:
                now = self.once()
            except (LogError, NoteError, OSError) as problem:
                now = Round((), (str(problem),))
            if now.refused and now != before:  # the same reasons are logged once
                _LOG.warning("not_cosigned", signed=now.signed, refused=now.refused)
            before = now
            if stop.wait(every):
                return


def _post(client: httpx.Client, url: str, submission: Submission) -> httpx.Response:
    try:
        return client.post(
            f"{url.rstrip('/')}/add-checkpoint",
            content=submission.body.encode(),
            headers={"content-type": "text/plain; charset=utf-8"},
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotCosigned(f"{url}: {error or type(error).__name__}") from error


def _signature(answer: httpx.Response, text: str, witness: Verifier, url: str) -> Signature:
    if answer.status_code != 200:
        raise NotCosigned(f"{url} answered {answer.status_code}: {answer.text.strip()[:200]}")
    try:
        found = Note.parse(f"{text}\n{answer.text}").signature_of(witness)
    except NoteError as error:
        raise NotCosigned(f"{url}: {error}") from error
    if found is None:
        raise NotCosigned(f"{url} signed with another key than the one known")
    return found
