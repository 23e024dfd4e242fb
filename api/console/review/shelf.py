"""What the pages of the review work with: the store, the catalogue as the pages of the catalogue
read it, and the sentences behind a model. Store and sentences are opened at first use, in a thread,
and kept for the process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from weakref import WeakKeyDictionary

from api.console.catalogue.shelf import open_room
from api.console.review.search import Search
from api.console.runtime import Console
from api.review.decision import Targets
from api.review.open import open_review
from api.review.store import Review
from nlu.catalogue import Catalogue
from nlu.log import describe, get_logger
from nlu.release_load import beside_turns, settle_again
from nlu.settings.settings import ConsoleSettings

log = get_logger(__name__)
T = TypeVar("T")
_NEAREST = 5
_FILED_AT_ONCE = 100
"""Messages that one page files, so that none waits for thousands; a thread files the rest."""


@dataclass(frozen=True)
class Near:
    """A trained sentence near to a message: the intent that it teaches, its file and line, and the
    cosine of the two."""

    text: str
    intent: str
    place: str
    cosine: float


@dataclass(frozen=True)
class Services:
    """A catalogue, what a text may be decided to be in it, and how it is searched."""

    catalogue: Catalogue
    targets: Targets
    search: Search

    @classmethod
    def of(cls, catalogue: Catalogue) -> Services:
        """Of a catalogue."""
        return cls(catalogue, Targets.of(catalogue), Search.of(catalogue))

    def title(self, name: str, language: str) -> str:
        """What people call an intent; its name where it has no title."""
        service = self.catalogue.services.get(name)
        return service.title.get(language, name) if service else name

    def slots(self, names: Sequence[str]) -> list[str]:
        """The slots of some services, each once, in their order."""
        return list(
            dict.fromkeys(slot for name in names for slot in self.targets.slots.get(name, ()))
        )


@dataclass
class Shelf:
    """Of one console."""

    settings: ConsoleSettings
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _review: Review | None = None
    _services: Services | None = None
    _why: Callable[[str], Sequence[Near]] | None = None
    _why_is: str = ""
    _filing: threading.Thread | None = None

    @property
    def review(self) -> Review:
        """The store."""
        with self._lock:
            if self._review is None:
                self._review = open_review(self.settings)
            return self._review

    def services(self) -> Services:
        """What the team edits, as the pages of the catalogue read it. Looks whether a file of it
        has changed, so a page asks once. Raises Refused until it was read."""
        catalogue = open_room(self.settings).read().base.catalogue
        with self._lock:
            if self._services is None or self._services.catalogue is not catalogue:
                self._services = Services.of(catalogue)
            return self._services

    def file(self) -> None:
        """Files some of what came. Where more waits, a thread goes on with it."""
        review = self.review
        if review.filer.work(_FILED_AT_ONCE) < _FILED_AT_ONCE:
            return
        with self._lock:
            if self._filing is None or not self._filing.is_alive():
                self._filing = threading.Thread(target=self._file_the_rest, daemon=True)
                self._filing.start()

    def _file_the_rest(self) -> None:
        try:
            self.review.filer.work()
        except Exception as error:
            log.error("review_not_filed", error=describe(error))

    def nearest(self, text: str) -> tuple[Sequence[Near], str]:
        """The trained sentences nearest to a message; none, and the key of why, where the model or
        its encoder is not here, or while they are read."""
        with self._lock:
            if self._why is None and not self._why_is:
                self._why_is = "loading"
                threading.Thread(target=self._load, daemon=True).start()
            ready, why = self._why, self._why_is
        if ready is None:
            return (), why
        return ready(text), ""

    def _load(self) -> None:
        try:
            with beside_turns():
                found = _reader(self.settings)
        except Exception as error:  # no model, of another profile, no encoder: the page works on
            log.info("review_without_sentences", error=describe(error))
            with self._lock:
                self._why_is = "no_model"
            return
        with self._lock:
            self._why, self._why_is = found, ""
        settle_again()


def _reader(settings: ConsoleSettings) -> Callable[[str], Sequence[Near]]:
    """Reads encoder and sentences of the live model."""
    from nlu.quality.index import index_of
    from nlu.quality.machine import load
    from nlu.registry import live_release

    release = live_release(settings.models_dir)
    machine = load(release)
    index = index_of(release.model, machine.encoder)

    def nearest(text: str) -> list[Near]:
        return [
            Near(one.text, one.intent, f"{one.file}:{one.line}", cosine)
            for one, cosine in index.nearest(machine.dense(text), _NEAREST)
        ]

    return nearest


_SHELVES: WeakKeyDictionary[object, Shelf] = WeakKeyDictionary()
_LOCK = threading.Lock()


def shelf_of(console: Console) -> Shelf:
    """That of a console, the same each time."""
    with _LOCK:
        found = _SHELVES.get(console.accounts)
        if found is None:
            found = _SHELVES[console.accounts] = Shelf(console.settings)
        return found


async def in_thread(work: Callable[[], T]) -> T:
    """The result of work that blocks."""
    return await asyncio.to_thread(work)
