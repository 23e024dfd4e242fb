"""Until when WhatsApp takes free text for a citizen: a day after they wrote last.

The inbox knows when that was. After it a template goes in place of an officer's words, and the
words follow when the citizen writes (`api.inbox.news`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa

from api.channel import channel_of
from api.inbox.shard import place_of
from api.whatsapp.policy import load_policy
from nlu.log import describe, get_logger
from nlu.settings.groups import State
from nlu.storage.tables import open_engine

log = get_logger(__name__)
_SEEN = sa.text("SELECT seen_at FROM citizens WHERE lane = :lane")


@dataclass(frozen=True)
class Window:
    """`state` is `open`, `closed`, `none` (the channel has no window) or `unknown`; `until` the end
    of one that is or was open, in seconds since 1970."""

    state: str
    until: float | None = None


def window_of(lane: str, settings: State, data: Path, now: float) -> Window:
    """That of a citizen. Blocks. While the database is away it is unknown."""
    if not channel_of(lane).has_window:
        return Window("none")
    urls = settings.database_urls
    try:
        with _engine(urls[place_of(lane, len(urls))]).connect() as db:
            seen = db.execute(_SEEN, {"lane": lane}).scalar()
    except sa.exc.SQLAlchemyError as error:
        log.warning("window_unknown", error=describe(error))
        return Window("unknown")
    if seen is None:  # came another way than by WhatsApp, or was forgotten
        return Window("unknown")
    until = float(seen) + _seconds(data)
    return Window("open" if until > now else "closed", until)


@lru_cache(maxsize=32)
def _engine(url: str) -> sa.engine.Engine:
    return open_engine(url)


@lru_cache(maxsize=4)
def _seconds(data: Path) -> float:
    return load_policy(data / "whatsapp.yml").window
