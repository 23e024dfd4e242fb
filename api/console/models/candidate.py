"""What the pages show of a model that understands live messages beside the live one."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from api.console.runtime import Console
from api.inbox.open import open_databases
from api.inbox.shadow import load_rules
from api.shadow.action import parts_of
from api.shadow.candidates import Candidates, Run
from api.shadow.figures import Figures, Pair, figures_of
from nlu.log import describe, get_logger
from nlu.settings.settings import ConsoleSettings
from nlu.storage.database import Database

log = get_logger(__name__)


@dataclass(frozen=True)
class Books:
    """The databases of the inbox, and the candidates in them."""

    databases: Sequence[Database]
    candidates: Candidates

    @classmethod
    def open(cls, settings: ConsoleSettings) -> Books:
        """Raises as `open_databases`."""
        databases = open_databases(settings)
        return cls(databases, Candidates(databases))


@dataclass(frozen=True)
class Trial:
    """Of one model: its last run with the figures, None where it never was the candidate. `other`
    is the model that is the candidate now, if it is another one. `is_fed`: the settings send it
    messages."""

    run: Run | None
    figures: Figures | None
    other: str
    is_fed: bool
    days: float

    @property
    def is_running(self) -> bool:
        """Whether the model is the candidate now."""
        return self.run is not None and self.run.is_running


_BOOKS: WeakKeyDictionary[object, Books] = WeakKeyDictionary()
_LOCK = threading.Lock()


def books_of(console: Console) -> Books:
    """Those of a console, the same each time. Blocks; raises as `open_databases`."""
    with _LOCK:
        found = _BOOKS.get(console.accounts)
        if found is None:
            found = _BOOKS[console.accounts] = Books.open(console.settings)
        return found


def candidate_now(console: Console, live: str | None) -> str:
    """The model that is the candidate; empty for none. Blocks; raises as `open_databases`."""
    found = books_of(console).candidates
    found.tend(live)
    run = found.latest()
    return run.model if run is not None and run.is_running else ""


def on_trial(console: Console, live: str | None) -> str:
    """The same for a list, which is shown whatever the inbox's database says."""
    try:
        return candidate_now(console, live)
    except (OSError, ValueError, sqlite3.Error) as error:
        log.warning("candidate_not_known", error=describe(error))
        return ""


def trial_of(console: Console, model: str, live: str | None) -> Trial:
    """That of a model. What is over ends here, too. Blocks; raises as `open_databases`."""
    books, rules, settings = books_of(console), load_rules(), console.settings
    now = candidate_now(console, live)
    run = books.candidates.latest(model)
    return Trial(
        run,
        figures_of(books.databases, run.number, rules.pairs) if run is not None else None,
        now if now != model else "",
        bool(settings.shadow_percent and settings.keep_review_days),
        rules.days,
    )


def shown(pair: Pair) -> tuple[tuple[str, str], tuple[str, str], int]:
    """A pair of actions as the page shows it: kind and intent of each, and how often."""
    return parts_of(pair.live), parts_of(pair.other), pair.count
