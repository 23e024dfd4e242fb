"""Asks the log's witnesses for their signatures, again and again, and publishes them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from actions.transparency.folder import LogError
from actions.transparency.log import Log
from actions.transparency.note import NoteError, Verifier
from actions.transparency.pins import Pins
from actions.transparency.source import Unreachable, source_at
from actions.transparency.submission import cosign
from nlu.log import get_logger

_LOG = get_logger(__name__)


@dataclass(frozen=True)
class Round:
    """Names of the witnesses that signed, and why others did not."""

    signed: tuple[str, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True)
class CosignRounds:
    """One's own log and the addresses of its witnesses; their keys are those of the first time."""

    log: Log
    witnesses: Sequence[str]

    def once(self) -> Round:
        """Ask each witness. Raises LogError, NoteError, OSError."""
        pins = Pins(self._pinned)
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
        """Keys of the witnesses that were reached once. Raises NoteError."""
        pins = Pins(self._pinned)
        found = [pins.known(url) for url in self.witnesses]
        return [key for key in found if key is not None]

    def start(self, every: float) -> threading.Event:
        """Ask every so many seconds in a thread of its own, until the event is set."""
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
            if now.refused and now != before:  # said once, not each minute
                _LOG.warning("not_cosigned", signed=now.signed, refused=now.refused)
            before = now
            if stop.wait(every):
                return

    @property
    def _pinned(self) -> Path:
        return self.log.folder.root / "witnesses.json"
