"""Keys in the log: an office that watches it sees each new one, and one that was added quietly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from actions.documents.key_store import KeyFiles
from actions.documents.keys import KeyRing, PublicKey
from actions.transparency.commands import ALARM, UNREACHABLE, monitor_command
from actions.transparency.key_events import Act, KeyBook, KeyEvent, read_event
from actions.transparency.log import Log
from tests.served import served
from tests.transparency.town import ORIGIN, entries, log_app

NOW = 1_795_000_000
YEAR = 365 * 86400
KEY = KeyEvent(Act.NEW, "ab" * 8, "x" * 43, "revenue", NOW, NOW + YEAR)
PUBLISHED = {name: value for name, value in KEY.facts().items() if name != "act"}


def test_event_is_read_as_it_was_written() -> None:
    gone = replace(KEY, act=Act.WITHDRAWN, withdrawn_at=NOW + 1)
    assert [read_event(event.entry()) for event in (KEY, gone)] == [KEY, gone]


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        bytes(32),
        b"seva-key/v1\n",
        b"seva-key/v1\n{}",
        b"seva-key/v1\n[1]",
        KEY.entry() + b" ",
        KEY.entry().replace(b'"new"', b'"old"'),
        KEY.entry().replace(b'"kid"', b'"kit"'),
    ],
)
def test_other_entries_are_no_events(entry: bytes) -> None:
    assert read_event(entry) is None


# what is published of a key that the log announced
BOOKS = [
    ("as announced", {}, True),
    ("ends earlier", {"not_after": NOW + 1}, True),
    ("withdrawn", {"withdrawn_at": NOW + 1}, True),
    ("never announced", {"kid": "cd" * 8}, False),
    ("other key", {"x": "y" * 43}, False),
    ("other department", {"department": "police"}, False),
    ("begins earlier", {"not_before": NOW - 1}, False),
    ("ends later", {"not_after": NOW + YEAR + 1}, False),
    ("no end", {"not_after": None}, False),
]


@pytest.mark.parametrize(("name", "change", "agrees"), BOOKS, ids=[row[0] for row in BOOKS])
def test_published_key_is_held_against_the_log(
    name: str, change: dict[str, Any], agrees: bool
) -> None:
    published = {**PUBLISHED, **change}
    found = KeyBook([KEY]).unannounced([published])
    assert found == (None if agrees else published)


def test_withdrawn_key_may_not_come_back() -> None:
    book = KeyBook([KEY, replace(KEY, act=Act.WITHDRAWN, withdrawn_at=NOW)])
    assert book.unannounced([PUBLISHED]) is not None
    assert book.unannounced([{**PUBLISHED, "withdrawn_at": NOW}]) is None


@dataclass
class Site:
    """A log with the keys that its site publishes beside it."""

    log: Log
    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list)

    def publish(self, ring: KeyRing) -> None:
        """What `seva documents serve` shows."""
        self.keys = [key.published() for key in ring.public_keys()]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(Log.open(tmp_path / "log", origin=ORIGIN))
    app = log_app(site.log)
    app.get("/keys.json")(lambda: {"keys": site.keys})
    with served(app) as base:
        site.url = f"{base}/log"
        yield site


def look(site: Site, tmp_path: Path, language: str = "en") -> tuple[int, str]:
    """One look of a monitor that knows what it saw before."""
    said: list[str] = []
    code = monitor_command(
        site.url,
        tmp_path / "state",
        log_key=None,
        witnesses=[],
        every=1,
        once=True,
        language=language,
        as_json=False,
        say=said.append,
    )
    return code, "\n".join(said)


def ring(site: Site, tmp_path: Path) -> KeyRing:
    """The keys of an office that announces them."""
    return KeyRing(KeyFiles(tmp_path / "keys"), announce=site.log.append)


def test_new_key_is_told_once(site: Site, tmp_path: Path) -> None:
    keys = ring(site, tmp_path)
    made = keys.rotate("revenue", NOW)
    site.publish(keys)
    code, said = look(site, tmp_path)
    assert code == 0 and f"{made.kid.hex()} of revenue is new" in said
    code, said = look(site, tmp_path)
    assert code == 0 and made.kid.hex() not in said


def test_rotation_and_withdrawal_are_told_and_no_alarm(site: Site, tmp_path: Path) -> None:
    keys = ring(site, tmp_path)
    old = keys.rotate("revenue", NOW)
    look(site, tmp_path)
    site.log.append_many(entries(300))
    keys.rotate("revenue", NOW + 300 * 86400)
    keys.withdraw(old.kid.hex(), NOW + 1)
    site.publish(keys)
    code, said = look(site, tmp_path)
    assert code == 0
    assert f"{old.kid.hex()} of revenue is withdrawn" in said and "is new" in said


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_key_that_was_added_quietly_raises_the_alarm(
    site: Site, tmp_path: Path, language: str
) -> None:
    keys = ring(site, tmp_path)
    keys.rotate("revenue", NOW)
    quiet = KeyRing(KeyFiles(tmp_path / "keys")).rotate("revenue", NOW, at_once=True)
    site.publish(keys)
    for _ in range(2):
        code, said = look(site, tmp_path, language)
        assert code == ALARM and quiet.kid.hex() in said and "revenue" in said


def test_withdrawn_key_that_counts_again_raises_the_alarm(site: Site, tmp_path: Path) -> None:
    keys = ring(site, tmp_path)
    made = keys.rotate("revenue", NOW)
    keys.withdraw(made.kid.hex(), NOW + 1)
    site.keys = [PublicKey.published(made)]
    code, said = look(site, tmp_path)
    assert code == ALARM and made.kid.hex() in said


def test_keys_that_cannot_be_read_are_asked_for_again(site: Site, tmp_path: Path) -> None:
    site.keys = [1]  # type: ignore[list-item]
    code, _ = look(site, tmp_path)
    assert code == UNREACHABLE
