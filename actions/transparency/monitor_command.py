"""`seva log monitor`: looks at a log again and again, and says what is wrong in plain words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from actions.transparency.alarms import say as in_words
from actions.transparency.durable import locked
from actions.transparency.key_events import Act, KeyEvent
from actions.transparency.monitor import Monitor, Seen, WitnessView
from actions.transparency.note import NoteError, Verifier
from actions.transparency.pins import Pins
from actions.transparency.reader import Reader
from actions.transparency.source import Source, Unreachable, source_at

Say = Callable[[str], None]
ALARM, UNREACHABLE = 1, 3


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
    """Runs until something is wrong, or once. Exit codes: 0, 1 alarm, 3 the log cannot be reached.

    Without `once` a log that cannot be reached is asked again.
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


def open_monitor(log: str, state: Path, log_key: str | None, witnesses: Sequence[str]) -> Monitor:
    """The monitor of a state folder. Raises Unreachable, NoteError.

    Keys are those of the first time, unless the log's is given.
    """
    pins = Pins(state / "keys.json")
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
            continue  # never seen so far: nothing to compare
    return Monitor(state, reader, views, _site(log))


def _site(log: str) -> Source | None:
    """The site that publishes keys beside its log, `https://.../log`; None for other places."""
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
        "state": alarm.trouble.value if alarm else "good",
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
