"""Keys follow each other in the database of inbox, outbox and trackers too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from api.inbox.open import sealed_columns
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Choice, Draft, Outgoing
from nlu.settings.groups import State
from nlu.storage.sealing import seal, unseal
from tests.inbox.worker_fakes import (
    ENGINE,
    message,
)


def at(folder: Path) -> State:
    return State(database_url=ENGINE.url or f"sqlite:///{folder}/inbox.sqlite")


async def fill(store: StoredInbox) -> None:
    await store.put([message(1), message(2), message(3, citizen="IN.2")])
    (claim, _) = await store.claim("w", 2)
    draft = Draft(Outgoing("text", "which?"), (Choice("abc", "/choose", "Pay"),))
    await store.ack(claim, [draft], "te", "state")


async def test_all_rows_are_sealed_again_in_slices(
    store: StoredInbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    monkeypatch.setenv("SEVA_SEALING_KEY", old)
    await fill(store)
    monkeypatch.setenv("SEVA_SEALING_KEY", f"{new},{old}")
    stores = sealed_columns(at(tmp_path))
    assert {one.name: one.size() for one in stores} == {
        "messages": 2,
        "replies": 1,
        "options": 1,
        "trackers": 1,
        "messages for review": 0,
        "messages on cards": 0,
        "decisions": 0,
        "messages for a candidate": 0,
    }
    for one in stores:
        after: str | None = ""
        while after is not None:
            found = one.look(after, 1, again=True)
            assert found.older == found.rows and not found.unreadable
            after = found.last
    monkeypatch.setenv("SEVA_SEALING_KEY", new)  # the old one is dropped
    assert not any(one.look("", 9, again=False).older for one in stores)
    assert not any(one.look("", 9, again=False).unreadable for one in stores)
    assert await store.choice(message(1).lane, "abc") == "/choose"
    assert await store.tracker(message(1).lane) == "state"


async def test_values_inside_a_tracker_are_sealed_again_with_it(
    store: StoredInbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form's values are tokens of the action server within the tracker's own token."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    monkeypatch.setenv("SEVA_SEALING_KEY", old)
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    inside = seal({"name": "Ravi"})
    await store.ack(claim, [], "te", json.dumps({"slots": {"values": inside}}))
    monkeypatch.setenv("SEVA_SEALING_KEY", f"{new},{old}")
    trackers = next(one for one in sealed_columns(at(tmp_path)) if one.table == "trackers")
    assert trackers.look("", 9, again=True).older == 1
    assert trackers.look("", 9, again=False).older == 0
    monkeypatch.setenv("SEVA_SEALING_KEY", new)  # the old one is dropped
    kept = json.loads(await store.tracker(claim.message.lane) or "")
    assert unseal(kept["slots"]["values"]) == {"name": "Ravi"}


async def test_rows_of_a_key_that_is_gone_are_counted(
    store: StoredInbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEVA_SEALING_KEY", Fernet.generate_key().decode())
    await fill(store)
    monkeypatch.setenv("SEVA_SEALING_KEY", Fernet.generate_key().decode())
    found = [one.look("", 9, again=True) for one in sealed_columns(at(tmp_path))]
    assert [one.unreadable for one in found] == [2, 1, 1, 1, 0, 0, 0, 0]  # nothing for review


def test_there_may_be_no_database_yet(tmp_path: Path) -> None:
    assert sealed_columns(State(database_url=f"sqlite:///{tmp_path}/none.sqlite")) == []
