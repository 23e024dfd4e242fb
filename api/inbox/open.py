"""Opens the inbox that the settings name."""

from __future__ import annotations

from pathlib import Path

from api.inbox.sqlite import SqliteInbox
from api.settings import Settings
from api.whatsapp.policy import WhatsAppPolicy

_SQLITE = "sqlite:///"


def database_file(settings: Settings) -> Path:
    """The file of `SEVA_DATABASE_URL`. Raises ValueError for a URL that nothing serves."""
    url = settings.database_url
    if not url.startswith(_SQLITE):
        scheme = url.split(":", 1)[0]
        raise ValueError(f"SEVA_DATABASE_URL: `{scheme}` is not supported yet; use `sqlite`")
    return Path(url[len(_SQLITE) :])


def open_inbox(settings: Settings, policy: WhatsAppPolicy) -> SqliteInbox:
    """The inbox of the settings. Raises ValueError."""
    return SqliteInbox(
        database_file(settings),
        policy,
        lease_s=settings.lease_seconds,
        doubt_s=settings.doubt_seconds,
        window_s=settings.commit_window_ms / 1000,
    )
