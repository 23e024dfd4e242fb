"""A monitor: follows a log entry by entry, and compares what it and the witnesses were shown.

It keeps the last checkpoint that was good and the right edge of that tree, so that a later one is
good only if the entries since then, appended to what the monitor already knew, give its root.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from actions.transparency.alarms import Alarm, Trouble
from actions.transparency.audit import WrongRoot, first_change, follow
from actions.transparency.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from actions.transparency.durable import replace_file, sync_folder
from actions.transparency.edge import Edge
from actions.transparency.key_events import KeyBook, KeyEvent, published_keys, read_event
from actions.transparency.note import NoteError, Verifier
from actions.transparency.reader import Inconsistent, Missing, Reader
from actions.transparency.source import Source, Unreachable


@dataclass(frozen=True)
class WitnessView:
    """Where a witness shows what it cosigned last, and the key that it signs with."""

    source: Source
    key: Verifier


@dataclass(frozen=True)
class Seen:
    """Result of one round: what is wrong, else the checkpoint, and which witnesses agree."""

    alarm: Alarm | None
    checkpoint: Checkpoint | None = None
    agree: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    keys: tuple[KeyEvent, ...] = ()
    """Keys of departments that are new or withdrawn since the last round: ask whether they are."""


class Monitor:
    """Watches one log. One process at a time may use a state folder."""

    def __init__(
        self,
        folder: Path,
        reader: Reader,
        witnesses: Mapping[str, WitnessView],
        site: Source | None = None,
    ) -> None:
        """`witnesses` by address; `site` publishes `keys.json`. Raises NoteError where the state
        is damaged."""
        self._folder, self._reader, self._witnesses = folder, reader, witnesses
        self._site = site
        self._state = folder / "seen.json"
        self.last, self._edge, self._keys = self._read_state()

    def round(self) -> Seen:
        """Looks once. The state moves on only where nothing is wrong. Raises Unreachable."""
        published = published_keys(self._site)  # first, so that an honest log is never behind
        views, silent = self._views()
        try:
            now = self._reader.checkpoint()
        except NoteError as error:
            return Seen(self._alarm(Trouble.unsigned, detail=str(error)))
        edge = Edge(self._edge.size, self._edge.levels)
        found: list[KeyEvent] = []
        alarm = self._compare(edge, now, found)
        for name, view in views.items():
            alarm = alarm or self._compare_view(name, view, now)
        keys = KeyBook([*self._keys.events(), *found])
        hidden = keys.unannounced(published)
        if hidden is not None:
            fields = {name: str(hidden.get(name)) for name in ("kid", "department")}
            alarm = alarm or self._alarm(Trouble.hidden_key, now, fields=fields)
        if alarm is not None:
            return Seen(alarm, now.checkpoint)
        self.last, self._edge, self._keys = now, edge, keys
        self._write_state()
        return Seen(None, now.checkpoint, tuple(sorted(views)), tuple(silent), tuple(found))

    def keep(self, alarm: Alarm) -> Path | None:
        """Keeps the signed statements that show what is wrong; the same ones once."""
        if not alarm.statements:
            return None
        sizes = "-".join(str(alarm.fields.get(name, "")) for name in ("before", "now"))
        path = self._folder / f"evidence-{alarm.trouble.value}-{sizes}.txt"
        replace_file(path, "\n".join(alarm.statements).encode())
        sync_folder(self._folder)
        return path

    def _views(self) -> tuple[dict[str, SignedCheckpoint], list[str]]:
        """What each witness has signed last, by its name, and the addresses that gave nothing."""
        views, silent = {}, []
        for address, witness in self._witnesses.items():
            try:
                views[witness.key.name] = self._view(witness)
            except (Unreachable, NoteError) as problem:
                silent.append(f"{address}: {problem}")
        return views, silent

    def _view(self, witness: WitnessView) -> SignedCheckpoint:
        """From the witness itself, or where it cannot be asked, what the log shows of it."""
        try:
            view = Reader(witness.source, self._reader.log).checkpoint()
            if view.note.signature_of(witness.key) is None:
                raise NoteError("it shows what it has not signed")
            return view
        except Unreachable:
            view = self._reader.checkpoint("cosigned")
            if view.note.signature_of(witness.key) is None:
                raise
            return view

    def _compare(self, edge: Edge, now: SignedCheckpoint, found: list[KeyEvent]) -> Alarm | None:
        """What is wrong between the last good checkpoint and this one; moves `edge` on.

        `found` gets the events of keys on the way.
        """
        before, size = edge.size, now.checkpoint.size
        if size < before:
            return self._alarm(Trouble.shrunk, now)
        try:
            follow(
                self._reader,
                edge,
                now.checkpoint,
                lambda entries: found.extend(filter(None, map(read_event, entries))),
            )
            return None
        except (WrongRoot, Missing) as problem:
            detail = str(problem)
        if self.last is not None:
            try:
                self._reader.prove_consistency(self.last.checkpoint, now.checkpoint)
            except Inconsistent:
                return self._alarm(Trouble.rewritten, now, changed=self._change(size))
            except Missing:
                pass
        return self._alarm(Trouble.damaged, now, detail=detail)

    def _compare_view(
        self, name: str, view: SignedCheckpoint, now: SignedCheckpoint
    ) -> Alarm | None:
        fields: dict[str, str | int] = {"witness": name, "before": view.checkpoint.size}
        if view.checkpoint.size > now.checkpoint.size:
            return self._alarm(Trouble.held_back, now, view, fields=fields)
        try:
            self._reader.prove_consistency(view.checkpoint, now.checkpoint)
        except Inconsistent:
            return self._alarm(Trouble.split, now, view, fields=fields)
        except Missing as problem:
            return self._alarm(Trouble.damaged, now, detail=str(problem))
        return None

    def _change(self, size: int) -> range | None:
        try:
            return first_change(self._reader, self._edge, size)
        except Missing:
            return None

    def _alarm(
        self,
        trouble: Trouble,
        now: SignedCheckpoint | None = None,
        other: SignedCheckpoint | None = None,
        *,
        fields: Mapping[str, str | int] | None = None,
        changed: range | None = None,
        detail: str = "",
    ) -> Alarm:
        told: dict[str, str | int] = {"log": self._reader.log.name, "before": self._edge.size}
        if now is not None:
            told["now"] = now.checkpoint.size
        statements = [str(note) for note in (other or self.last, now) if note is not None]
        return Alarm(trouble, {**told, **(fields or {})}, changed, tuple(statements), detail)

    def _read_state(self) -> tuple[SignedCheckpoint | None, Edge, KeyBook]:
        if not self._state.exists():
            return None, Edge(), KeyBook()
        try:
            raw = json.loads(self._state.read_text("utf-8"))
            last = open_checkpoint(raw["checkpoint"], self._reader.log)
            levels = [[bytes.fromhex(node) for node in level] for level in raw["levels"]]
            edge = Edge(last.checkpoint.size, levels)
            keys = KeyBook(KeyEvent.read(event) for event in raw.get("keys", []))
        except (ValueError, KeyError, TypeError) as error:
            raise NoteError(f"{self._state} is damaged: {error}") from error
        if edge.root() != last.checkpoint.root:
            raise NoteError(f"{self._state} is damaged: it does not fit its checkpoint")
        return last, edge, keys

    def _write_state(self) -> None:
        levels = [[node.hex() for node in level] for level in self._edge.levels]
        keys = [event.facts() for event in self._keys.events()]
        state = {"checkpoint": str(self.last), "levels": levels, "keys": keys}
        replace_file(self._state, json.dumps(state).encode())
        sync_folder(self._folder)
