"""`seva log witness`: signs for a log, on request and by itself, and shows what it signed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import typer
import uvicorn

from actions.transparency.note import NoteError, Verifier
from actions.transparency.pins import key_at
from actions.transparency.reader import Inconsistent, Missing, Reader
from actions.transparency.source import Unreachable, source_at
from actions.transparency.witness import Refused, StateError, Witness
from actions.transparency.witness_server import create_app

Say = Callable[[str], None]


def witness_command(
    log: str,
    key: Path,
    state: Path,
    *,
    name: str | None,
    log_key: str | None,
    host: str,
    port: int,
    every: float,
    once: bool,
    say: Say = typer.echo,
) -> int:
    """Runs until it is stopped, or for one signature. Exit code 1: refused or unusable state."""
    source = source_at(log)
    try:
        known = Verifier.parse(log_key) if log_key else Witness.known_log(state)
        witness = Witness.open(state, key, known or key_at(source), name)
    except (StateError, NoteError, Unreachable, OSError) as problem:
        say(f"The witness cannot start: {problem}")
        return 1
    say(f"Witness key: {witness.verifier}")
    say(f"Log key:     {witness.log}")
    if not known:
        say("First start: compare the log's key with its office by another way, such as telephone.")
    reader = Reader(source, witness.log)
    if once:
        return 0 if _round(witness, reader, say) else 1
    stop = threading.Event()
    rounds = threading.Thread(target=_rounds, args=(witness, reader, every, stop, say), daemon=True)
    rounds.start()
    uvicorn.run(create_app(witness), host=host, port=port, log_level="warning", ws="none")
    stop.set()
    return 0


def _rounds(
    witness: Witness, reader: Reader, every: float, stop: threading.Event, say: Say
) -> None:
    while not stop.is_set():
        _round(witness, reader, say)
        stop.wait(every)


def _round(witness: Witness, reader: Reader, say: Say) -> bool:
    """Whether the log's checkpoint is signed now."""
    at = time.strftime("%Y-%m-%d %H:%M:%S")
    try:
        signed = witness.round(reader, int(time.time())).checkpoint
    except Unreachable as problem:
        say(f"{at} The log cannot be reached: {problem}")
        return False
    except (Refused, Inconsistent, Missing, NoteError) as problem:
        say(f"{at} NOT SIGNED. The log {witness.log.name} does not fit what was signed: {problem}")
        say("What to do: docs/trust.md, under the heading about alarms.")
        return False
    say(f"{at} Signed: {signed.size} entries of {signed.origin}")
    return True
