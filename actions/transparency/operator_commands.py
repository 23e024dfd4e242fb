"""`seva log check`, `prove`, `verify` and `cosign`: what an operator does by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from actions.transparency.audit import WrongRoot, check_tiles
from actions.transparency.cosign_rounds import CosignRounds
from actions.transparency.folder import LogError
from actions.transparency.log import Log
from actions.transparency.note import NoteError, Verifier
from actions.transparency.pins import key_at
from actions.transparency.proof import Proof
from actions.transparency.reader import Missing, Reader
from actions.transparency.source import Unreachable, source_at

Say = Callable[[str], None]
_PROBLEMS = (NoteError, Unreachable, Missing, WrongRoot, LogError, IndexError, OSError)


def check_command(log: str, log_key: str | None, say: Say = typer.echo) -> int:
    """Computes the whole tree anew from the entries, and compares tiles and checkpoint."""
    began = time.monotonic()
    try:
        reader = _reader(log, log_key)
        checkpoint = reader.checkpoint().checkpoint
        check_tiles(reader, checkpoint)
    except _PROBLEMS as problem:
        say(f"Not in order: {problem}")
        return 1
    took = time.monotonic() - began
    say(f"In order: {checkpoint.size} entries of {checkpoint.origin}, {took:.1f} s")
    say(f"Key: {reader.log}")
    return 0


def prove_command(log: str, index: int, say: Say = typer.echo) -> int:
    """Prints a proof (C2SP tlog-proof) that entry `index` is in the log."""
    try:
        reader = _reader(log, None)
        signed = reader.checkpoint()
        proof = Proof(index, tuple(reader.prove_inclusion(index, signed.checkpoint)), str(signed))
        proof.verify(reader.entry(index, signed.checkpoint.size), reader.log)
    except _PROBLEMS as problem:
        say(f"No proof: {problem}")
        return 1
    say(str(proof).rstrip("\n"))
    return 0


def verify_command(proof: Path, data: str, log_key: str, say: Say = typer.echo) -> int:
    """Checks a proof without any network; `data` is the entry, `log_key` the log's public key."""
    try:
        read = Proof.parse(proof.read_text("utf-8"))
        checkpoint = read.verify(bytes.fromhex(data), Verifier.parse(log_key))
    except (NoteError, ValueError, OSError) as problem:
        say(f"Not proved: {problem}")
        return 1
    say(f"Proved: entry {read.index} of the {checkpoint.size} of {checkpoint.origin}")
    return 0


def cosign_command(
    folder: Path, witnesses: Sequence[str], every: float | None, say: Say = typer.echo
) -> int:
    """Asks witnesses for their signatures and publishes them; again every so many seconds.

    Exit code 1 where a witness did not sign, unless it goes on.
    """
    try:
        rounds = CosignRounds(Log.open(folder), witnesses)
        while True:
            found = rounds.once()
            say(f"Signed by: {', '.join(found.signed) or 'nobody'}")
            for reason in found.refused:
                say(f"Not signed: {reason}")
            if every is None:
                return 1 if found.refused else 0
            time.sleep(every)
    except (LogError, NoteError, OSError) as problem:
        say(str(problem))
        return 1


def _reader(log: str, log_key: str | None) -> Reader:
    source = source_at(log)
    return Reader(source, Verifier.parse(log_key) if log_key else key_at(source))
