"""A monitor follows a log entry by entry and compares what it and the witnesses see.

It keeps the last good checkpoint and the right edge of that tree. A later checkpoint is good only
if the entries since then, appended to that edge, give its root. If not, it raises an alarm; the
words of alarms are in `alarms.yml`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from actions.transparency.durable import replace_file, sync_folder
from actions.transparency.key_events import KeyBook, KeyEvent, published_keys, read_event
from actions.transparency.note import (
    Checkpoint,
    NoteError,
    SignedCheckpoint,
    Verifier,
    open_checkpoint,
)
from actions.transparency.reader import (
    Inconsistent,
    Missing,
    Reader,
    Source,
    Unreachable,
    WrongRoot,
    first_change,
    follow,
)
from actions.transparency.tiles import Edge
from nlu.fast_yaml import load_yaml

_WORDS = Path(__file__).with_name("alarms.yml")


class AlarmKind(Enum):
    """All kinds of alarms."""

    unsigned = "unsigned"
    shrunk = "shrunk"
    rewritten = "rewritten"
    split = "split"
    held_back = "held_back"
    damaged = "damaged"
    hidden_key = "hidden_key"


@dataclass(frozen=True)
class Alarm:
    """Something is wrong with a log. `statements` are the signed notes that show it."""

    kind: AlarmKind
    fields: Mapping[str, str | int] = field(default_factory=dict)
    changed: range | None = None
    statements: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class WitnessView:
    """A witness: the source of its last cosigned checkpoint, and its key."""

    source: Source
    key: Verifier


@dataclass(frozen=True)
class Seen:
    """Result of one round: an alarm, or the checkpoint and the witnesses that agree with it."""

    alarm: Alarm | None
    checkpoint: Checkpoint | None = None
    agree: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    keys: tuple[KeyEvent, ...] = ()
    """Keys of departments that are new or withdrawn since the last round. A person must ask the
    department whether this is right."""


class Monitor:
    """Watches one log. One process at a time may use a state folder."""

    def __init__(
        self,
        folder: Path,
        reader: Reader,
        witnesses: Mapping[str, WitnessView],
        site: Source | None = None,
    ) -> None:
        """`witnesses` are named by address; `site` publishes `keys.json`. Raises NoteError if the
        state is damaged."""
        self._folder, self._reader, self._witnesses = folder, reader, witnesses
        self._site = site
        self._state = folder / "seen.json"
        self.last, self._edge, self._keys = self._read_state()

    def round(self) -> Seen:
        """Looks once. The state changes only if nothing is wrong. Raises Unreachable."""
        published = published_keys(self._site)  # read first: an honest log then has them all
        views, silent = self._views()
        try:
            now = self._reader.checkpoint()
        except NoteError as error:
            return Seen(self._alarm(AlarmKind.unsigned, detail=str(error)))
        edge = Edge(self._edge.size, self._edge.levels)
        found: list[KeyEvent] = []
        alarm = self._compare(edge, now, found)
        for name, view in views.items():
            alarm = alarm or self._compare_view(name, view, now)
        keys = KeyBook([*self._keys.events(), *found])
        hidden = keys.unannounced(published)
        if hidden is not None:
            fields = {name: str(hidden.get(name)) for name in ("kid", "department")}
            alarm = alarm or self._alarm(AlarmKind.hidden_key, now, fields=fields)
        if alarm is not None:
            return Seen(alarm, now.checkpoint)
        self.last, self._edge, self._keys = now, edge, keys
        self._write_state()
        return Seen(None, now.checkpoint, tuple(sorted(views)), tuple(silent), tuple(found))

    def keep(self, alarm: Alarm) -> Path | None:
        """Keeps the signed statements that show what is wrong; equal statements are kept once."""
        if not alarm.statements:
            return None
        sizes = "-".join(str(alarm.fields.get(name, "")) for name in ("before", "now"))
        path = self._folder / f"evidence-{alarm.kind.value}-{sizes}.txt"
        replace_file(path, "\n".join(alarm.statements).encode())
        sync_folder(self._folder)
        return path

    def _views(self) -> tuple[dict[str, SignedCheckpoint], list[str]]:
        """The last checkpoint of each witness by its name, and the addresses that gave none."""
        views, silent = {}, []
        for address, witness in self._witnesses.items():
            try:
                views[witness.key.name] = self._view(witness)
            except (Unreachable, NoteError) as problem:
                silent.append(f"{address}: {problem}")
        return views, silent

    def _view(self, witness: WitnessView) -> SignedCheckpoint:
        """The witness's last checkpoint. If it does not answer, the log's copy of it is taken."""
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
        """What is wrong between the last good checkpoint and this one, or None.

        The new entries are appended to `edge`; events of keys among them are added to `found`.
        """
        before, size = edge.size, now.checkpoint.size
        if size < before:
            return self._alarm(AlarmKind.shrunk, now)
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
                return self._alarm(AlarmKind.rewritten, now, changed=self._change(size))
            except Missing:
                pass
        return self._alarm(AlarmKind.damaged, now, detail=detail)

    def _compare_view(
        self, name: str, view: SignedCheckpoint, now: SignedCheckpoint
    ) -> Alarm | None:
        fields: dict[str, str | int] = {"witness": name, "before": view.checkpoint.size}
        if view.checkpoint.size > now.checkpoint.size:
            return self._alarm(AlarmKind.held_back, now, view, fields=fields)
        try:
            self._reader.prove_consistency(view.checkpoint, now.checkpoint)
        except Inconsistent:
            return self._alarm(AlarmKind.split, now, view, fields=fields)
        except Missing as problem:
            return self._alarm(AlarmKind.damaged, now, detail=str(problem))
        return None

    def _change(self, size: int) -> range | None:
        try:
            return first_change(self._reader, self._edge, size)
        except Missing:
            return None

    def _alarm(
        self,
        kind: AlarmKind,
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
        return Alarm(kind, {**told, **(fields or {})}, changed, tuple(statements), detail)

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


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The content of `alarms.yml`."""
    read: dict[str, Any] = load_yaml(_WORDS.read_text("utf-8"))
    return read


def languages() -> list[str]:
    """The languages that alarms have words in."""
    return sorted(words()["where"])


def say(alarm: Alarm, language: str, evidence: Path | None = None) -> str:
    """The alarm in words. The second line names the changed entries, the last one the evidence."""
    found = words()
    lines = [found["alarms"][alarm.kind.value][language].format_map(alarm.fields)]
    if alarm.changed is not None:
        at = {"first": alarm.changed.start, "last": alarm.changed.stop - 1}
        lines.append(found["where"][language].format_map(at))
    if evidence is not None:
        lines.append(found["evidence"][language].format(file=evidence))
    return "\n".join(lines)
