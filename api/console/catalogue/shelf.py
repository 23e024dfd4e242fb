"""What the pages of the catalogue have in common: the catalogue itself, read once in the
background, and where changes of it are kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from api.console.runtime import Console
from api.console.visit import Refused
from api.whatsapp.policy import WhatsAppPolicy, load_policy
from nlu.catalogue.errors import Problem
from nlu.catalogue.gaps import Gaps, gaps
from nlu.changes.check import Base
from nlu.changes.proposal import Author
from nlu.changes.workshop import Workshop, open_workshop
from nlu.log import describe, get_logger
from nlu.quality.doubtful import DoubtfulSearch
from nlu.quality.overview import Measured, ServiceOverview, measured, overviews
from nlu.registry import live_id
from nlu.release_load import beside_turns, settle_again
from nlu.settings.settings import ConsoleSettings
from nlu.text.phonetic import fold

log = get_logger(__name__)
_AGAIN_SECONDS = 5
_CHECKS = 50  # results of whole checks that are remembered


@dataclass(frozen=True)
class Shelf:
    """The catalogue as it was read: services with what is known of them, the weakest first.
    `sounds`: service -> how its names sound, in whatever script they are written."""

    base: Base
    lacking: Sequence[Gaps]
    known: Measured
    services: Sequence[ServiceOverview]
    sounds: Mapping[str, str]
    policy: WhatsAppPolicy

    def overview(self, name: str) -> ServiceOverview | None:
        """One service."""
        return next((one for one in self.services if one.name == name), None)

    def found(self, text: str, department: str) -> list[ServiceOverview]:
        """Services whose names sound like a text, in any script, or have it in their id."""
        wanted, plain = fold(text), text.strip().casefold()
        return [
            one
            for one in self.services
            if department in ("", one.department)
            and (not plain or plain in one.name or (wanted and wanted in self.sounds[one.name]))
        ]


@dataclass
class Room:
    """One for a console; its methods wait for disks, so they are called in a thread."""

    workshop: Workshop
    models: Path
    search: DoubtfulSearch = field(default_factory=DoubtfulSearch)
    fault: str = ""
    """Why the catalogue cannot be read; empty where it can."""
    _shelf: Shelf | None = None
    _state: object = None
    _reader: Future[None] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _checks: dict[str, Future[tuple[Problem, ...]]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "catalogue"))

    def shelf(self) -> Shelf | None:
        """The catalogue as it was read last; None until it was. Where it has changed since it is
        read again, in the background."""
        model = live_id(self.models) or ""
        with self._lock:
            busy = self._reader is not None and not self._reader.done()
            state = self.workshop.state()
            if not busy and state != self._state:
                self._reader = self._pool.submit(self._read)
            shelf = self._shelf
            if shelf is not None and shelf.known.model != model:
                known = measured(self.models, model)
                shelf = self._shelf = _shelved(shelf.base, shelf.lacking, known)
        return shelf

    def read(self) -> Shelf:
        """The same. Raises Refused until it was read; the browser then asks again by itself."""
        shelf = self.shelf()
        if shelf is not None:
            return shelf
        if self.fault:
            raise Refused(503, "catalogue.unreadable", self.fault)
        raise Refused(503, "catalogue.not_read", again=_AGAIN_SECONDS)

    def wait(self) -> Shelf:
        """The same, once it was read."""
        while (shelf := self.shelf()) is None:
            if self._reader is not None:
                self._reader.result()
        return shelf

    def check(self, proposal: str) -> Future[tuple[Problem, ...]]:
        """The whole check of a proposal as it is now, which goes on in the background."""
        with self._lock:
            key = f"{proposal} {len(self.workshop.proposals.get(proposal).changes)}"
            if key not in self._checks:
                while len(self._checks) >= _CHECKS:
                    self._checks.pop(next(iter(self._checks)))
                self._checks[key] = self._pool.submit(self.workshop.check, proposal)
            return self._checks[key]

    def checked(self, proposal: str, changes: int) -> Future[tuple[Problem, ...]] | None:
        """The whole check of so many changes, if somebody has asked for it."""
        return self._checks.get(f"{proposal} {changes}")

    def _read(self) -> None:
        state = self.workshop.state()
        try:
            with beside_turns():  # others read pages meanwhile
                base = self.workshop.base()
                shelf = _shelved(base, gaps(base.catalogue), measured(self.models))
        except Exception as error:
            log.error("catalogue_not_read", error=describe(error))
            with self._lock:  # it is tried again when the catalogue has changed
                self.fault, self._state = str(error), state
            raise
        with self._lock:
            self._shelf, self._state, self.fault = shelf, state, ""
        settle_again()


_ROOMS: dict[tuple[Path, Path, Path], Room] = {}
_OPEN = threading.Lock()


def room_of(console: Console) -> Room:
    """That of a console. Waits for Git."""
    return open_room(console.settings)


def open_room(settings: ConsoleSettings) -> Room:
    """The same, by the settings of the console."""
    key = settings.data_dir.absolute(), settings.var_dir.absolute(), settings.models_dir.absolute()
    with _OPEN:
        if key not in _ROOMS:
            committer = Author(settings.console_name, address(settings, "console"))
            _ROOMS[key] = Room(open_workshop(key[0], key[1], committer), key[2])
        return _ROOMS[key]


def address(settings: ConsoleSettings, name: str) -> str:
    """The e-mail address that stands in commits beside the name of an account."""
    return f"{name}@{settings.console_mail_domain}"


def _shelved(base: Base, lacking: Sequence[Gaps], known: Measured) -> Shelf:
    catalogue = base.catalogue
    services = overviews(catalogue, known, lacking)
    sounds = {
        one.name: " ".join(
            fold(text)
            for text in (
                *one.titles.values(),
                *catalogue.services[one.name].menu.values(),
                *catalogue.departments[one.department].title.values(),
                one.name.replace("_", " "),
            )
        )
        for one in services
    }
    policy = load_policy(catalogue.root / "whatsapp.yml")
    return Shelf(base, lacking, known, services, sounds, policy)
