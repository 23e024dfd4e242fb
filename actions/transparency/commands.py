"""What an operator does with logs: the bodies of `seva log ...`.

Each prints what it found and returns the exit code.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from actions.transparency.cosignatures import CosignRounds
from actions.transparency.folder import LogError
from actions.transparency.key_events import Act, KeyEvent
from actions.transparency.log import Log
from actions.transparency.monitor import Monitor, Seen, WitnessView
from actions.transparency.monitor import say as in_words
from actions.transparency.note import NoteError, Proof, Verifier
from actions.transparency.reader import (
    Inconsistent,
    Missing,
    Pins,
    Reader,
    Source,
    Unreachable,
    WrongRoot,
    check_tiles,
    key_at,
    source_at,
)
from nlu.storage.file_lock import locked

if TYPE_CHECKING:
    from actions.transparency.witness import Witness

Say = Callable[[str], None]
_PROBLEMS = (NoteError, Unreachable, Missing, WrongRoot, LogError, IndexError, OSError)
ALARM, UNREACHABLE = 1, 3


def check_command(log: str, log_key: str | None, say: Say = typer.echo) -> int:
    """Computes the whole tree from the entries, and compares it with tiles and checkpoint."""
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
    """Checks a proof without a network. `data` is the entry in hex, `log_key` the public key."""
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
    """Asks witnesses for their signatures and publishes them; with `every`, again and again.

    Without `every`, the exit code is 1 if a witness did not sign.
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
    """Runs until it is stopped, or with `once` for one signature.

    Exit code 1: the checkpoint was refused, or the state cannot be used.
    """
    # `seva log verify` and the others need no web server, which takes long to load.
    import uvicorn

    from actions.transparency.witness import StateError, Witness, create_app

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


def monitor_command(
    log: str,
    state: Path,
    *,
    log_key: str | None,
    witnesses: Sequence[str],
    every: float,
    once: bool,
    language: str,
    as_json: bool,
    say: Say = typer.echo,
) -> int:
    """Looks until something is wrong, or with `once` one time.

    Exit codes: 0 good, 1 alarm, 3 the log cannot be reached. Without `once` such a log is asked
    again.
    """
    state.mkdir(parents=True, exist_ok=True)
    try:
        with locked(state / "lock", wait=False):
            while True:
                code = _look(log, state, log_key, witnesses, language, as_json, say)
                if once or code == ALARM:
                    return code
                time.sleep(every)
    except BlockingIOError:
        say(f"Another monitor uses {state}.")
        return ALARM


def open_monitor(log: str, state: Path, log_key: str | None, witnesses: Sequence[str]) -> Monitor:
    """The monitor of a state folder. Raises Unreachable, NoteError.

    Keys are kept as they were at first sight, unless `log_key` gives that of the log.
    """
    pins = Pins.in_file(state / "keys.json")
    source = source_at(log)
    if log_key:
        given = Verifier.parse(log_key)
        if pins.known(log) not in (None, given):
            raise NoteError(f"the state in {state} knows another key of {log}")
        pins.pin(log, given)
    reader = Reader(source, pins.of(log, source))
    views = {}
    for address in witnesses:
        seat = source_at(address)
        try:
            views[address] = WitnessView(seat, pins.of(address, seat))
        except Unreachable:
            continue  # it never answered so far, so there is nothing to compare
    return Monitor(state, reader, views, _site(log))


def _reader(log: str, log_key: str | None) -> Reader:
    source = source_at(log)
    return Reader(source, Verifier.parse(log_key) if log_key else key_at(source))


def _rounds(
    witness: Witness, reader: Reader, every: float, stop: threading.Event, say: Say
) -> None:
    while not stop.is_set():
        _round(witness, reader, say)
        stop.wait(every)


def _round(witness: Witness, reader: Reader, say: Say) -> bool:
    """Whether the log's checkpoint is signed now."""
    from actions.transparency.witness import Refused

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


def _look(
    log: str,
    state: Path,
    log_key: str | None,
    witnesses: Sequence[str],
    language: str,
    as_json: bool,
    say: Say,
) -> int:
    try:
        monitor = open_monitor(log, state, log_key, witnesses)
        seen = monitor.round()
    except Unreachable as problem:
        _tell(say, as_json, {"state": "unreachable", "detail": str(problem)}, [_at(str(problem))])
        return UNREACHABLE
    except NoteError as problem:
        _tell(say, as_json, {"state": "unusable", "detail": str(problem)}, [_at(str(problem))])
        return ALARM
    if seen.alarm is None:
        _tell(say, as_json, _document(seen), _good(seen))
        return 0
    kept = monitor.keep(seen.alarm)
    lines = ["ALARM", in_words(seen.alarm, language, kept)]
    document = {**_document(seen), "evidence": str(kept) if kept else None, "text": lines[1]}
    _tell(say, as_json, document, lines)
    return ALARM


def _site(log: str) -> Source | None:
    """The site of a log at `https://.../log`; it publishes keys. None for another place."""
    site, found, rest = log.rstrip("/").rpartition("/log")
    return source_at(site) if found and not rest and site.startswith("http") else None


def _good(seen: Seen) -> list[str]:
    assert seen.checkpoint is not None
    lines = [_at(f"good: {seen.checkpoint.size} entries of {seen.checkpoint.origin}")]
    if seen.agree:
        lines.append(f"  the same for: {', '.join(seen.agree)}")
    lines += [f"  no answer: {silent}" for silent in seen.silent]
    return lines + [f"  key {_told(event)}: ask its office" for event in seen.keys]


def _told(event: KeyEvent) -> str:
    times = (event.not_before, event.not_after, event.withdrawn_at)
    begins, ends, gone = (time.strftime("%Y-%m-%d", time.gmtime(at or 0)) for at in times)
    if event.act is Act.WITHDRAWN:
        return f"{event.kid} of {event.department} is withdrawn since {gone}"
    return f"{event.kid} of {event.department} is new, {begins} to {ends}"


def _document(seen: Seen) -> dict[str, object]:
    alarm, checkpoint = seen.alarm, seen.checkpoint
    return {
        "state": alarm.kind.value if alarm else "good",
        "log": checkpoint.origin if checkpoint else None,
        "size": checkpoint.size if checkpoint else None,
        "detail": alarm.detail if alarm else "",
        "changed": [alarm.changed.start, alarm.changed.stop] if alarm and alarm.changed else None,
        "agree": list(seen.agree),
        "silent": list(seen.silent),
        "keys": [event.facts() for event in seen.keys],
    }


def _tell(say: Say, as_json: bool, document: dict[str, object], lines: list[str]) -> None:
    say(json.dumps(document, ensure_ascii=False) if as_json else "\n".join(lines))


def _at(text: str) -> str:
    return f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}"
