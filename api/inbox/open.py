"""Opens the inbox that the settings name, and its sealed columns for `seva keys`."""

from __future__ import annotations

from pathlib import Path

from api.inbox.sqlite import SqliteInbox
from api.whatsapp.policy import WhatsAppPolicy
from nlu.settings.groups import State
from nlu.storage.keys import key_place
from nlu.storage.rotation import Ring
from nlu.storage.sealed_column import SealedColumn

_SQLITE = "sqlite:///"


def database_file(settings: State) -> Path:
    """The file of `SEVA_DATABASE_URL`. Raises ValueError for a URL that nothing serves."""
    url = settings.database_url
    if not url.startswith(_SQLITE):
        scheme = url.split(":", 1)[0]
        raise ValueError(f"SEVA_DATABASE_URL: `{scheme}` is not supported yet; use `sqlite`")
    return Path(url[len(_SQLITE) :])


def rings() -> list[Ring]:
    """Keys and columns of the file that the settings name."""
    return [Ring(key_place(), sealed_columns(database_file(State.read())))]


def sealed_columns(path: Path) -> list[SealedColumn]:
    """What waits, was answered, was offered and is remembered; none where there is no file yet."""
    if not path.is_file():
        return []
    return [
        SealedColumn("messages", path, "inbox", "seq", "payload"),
        SealedColumn("replies", path, "outbox", "seq", "body"),
        SealedColumn("options", path, "choices", "id", "payload"),
        SealedColumn("trackers", path, "trackers", "lane", "tracker"),
    ]


def open_inbox(settings: State, policy: WhatsAppPolicy) -> SqliteInbox:
    """The inbox of the settings. Raises ValueError."""
    return SqliteInbox(
        database_file(settings),
        policy,
        lease_s=settings.lease_seconds,
        doubt_s=settings.doubt_seconds,
        window_s=settings.commit_window_ms / 1000,
    )
