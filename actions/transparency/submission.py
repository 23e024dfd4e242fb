"""C2SP tlog-witness between a log and its witnesses: request and answer of `add-checkpoint`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from actions.transparency.checkpoint import Checkpoint
from actions.transparency.log import Log
from actions.transparency.merkle import HASH_SIZE
from actions.transparency.note import Note, NoteError, Signature, Verifier, decode64, encode64

SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_LONGEST_PROOF = 63
_TIMEOUT = httpx.Timeout(10)
_TRIES = 3  # the witness may sign for another poster in between


class NotCosigned(Exception):
    """A witness did not sign; says why."""


@dataclass(frozen=True)
class Submission:
    """What a log asks a witness to sign."""

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
        """Raises NoteError where it is malformed."""
        head, found, checkpoint = body.partition("\n\n")
        first, *lines = head.split("\n")
        old = _OLD.fullmatch(first)
        if not found or not old or len(lines) > _LONGEST_PROOF:
            raise NoteError("not a request to sign a checkpoint")
        proof = tuple(decode64(line) for line in lines)
        if any(len(node) != HASH_SIZE for node in proof):
            raise NoteError("a proof's hashes have 32 bytes")
        return cls(int(old[1]), proof, checkpoint)


def read_signatures(body: str, text: str, witness: Verifier) -> list[Signature]:
    """The witness's valid signatures of an answer; others are passed over. Raises NoteError."""
    note = Note.parse(f"{text}\n{body}")
    found = note.signature_of(witness)
    return [found] if found else []


def ask(log: Log, raw: str, url: str, witness: Verifier, client: httpx.Client) -> Signature:
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


def cosign(log: Log, witnesses: Sequence[tuple[str, Verifier]]) -> tuple[Note | None, list[str]]:
    """Asks each witness and publishes what they signed; also why others did not."""
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
        found = read_signatures(answer.text, text, witness)
    except NoteError as error:
        raise NotCosigned(f"{url}: {error}") from error
    if not found:
        raise NotCosigned(f"{url} signed with another key than the one known")
    return found[0]
