"""A deployment in files is moved into PostgreSQL, and goes on there."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from actions.documents.issuer import Issuer
from actions.documents.registry import status
from actions.documents.settings import documents_folder
from actions.transparency.folder import LogError
from actions.transparency.log import Log
from actions.transparency.merkle import verify_consistency
from actions.transparency.note import open_checkpoint
from api.inbox import schema
from api.inbox.open import open_inbox
from api.inbox.payloads import read_reply
from nlu.settings import Settings
from nlu.settings.groups import State
from nlu.storage.migrations.store import all_stores
from nlu.storage.move.source import all_sources
from nlu.storage.tables import file_url
from tests.backup.town import POLICY, numbers
from tests.documents.conftest import BIRTH, URL
from tests.inbox.worker_fakes import message
from tests.move.conftest import Files, table
from tests.move.town import ENTRIES, WAITING

_TABLES = {
    "seva.sqlite": [
        *("told", "inbox", "inbox_lanes", "trackers", "outbox", "outbox_lanes", "choices"),
        *("quiet", "citizens", "windows"),
    ],
    "journal.sqlite": ["department_writes", "department_nonces", "department_misses", "payments"],
    "profile.sqlite": ["profile"],
    "handover.sqlite": ["handover", "handover_talk", "handover_officer"],
    "usage.sqlite": ["used"],
    "counts.sqlite": ["daily_counts", "model_counts"],
    "models.sqlite": ["models", "live_model", "canary_model"],
    "documents/registry.sqlite": ["documents", "entries"],
}


def content(files: Files, ending: str = "") -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables in the files."""
    return {
        name: table(file_url(files.var / f"{file}{ending}"), name)
        for file, names in _TABLES.items()
        for name in names
    }


def in_database(files: Files) -> dict[str, list[dict[str, Any]]]:
    names = [name for names in _TABLES.values() for name in names]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for place, url in enumerate(files.urls.split()):
        for name in names:
            if place == 0 or name in _TABLES["seva.sqlite"]:
                found[name] += table(url, name)
    return {
        name: sorted(rows, key=lambda row: repr(sorted(row.items())))
        for name, rows in found.items()
    }


def test_every_store_is_moved_or_said_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes new to Seva is moved too, or this fails."""
    monkeypatch.setenv("SEVA_MODELS_STORE", "/store")
    files = Settings.read()
    now = Settings.read({"SEVA_MODELS_STORE": "/store", "SEVA_DATABASE_URL": "postgresql:///x"})
    moved = {source.name: source for source in all_sources(files, now)}
    assert set(moved) == {store.name for store in all_stores(now)}
    left = {source.file for source in moved.values()} | {None}
    assert {store.file for store in all_stores(files)} <= left | {
        one for source in moved.values() for one in source._paths
    }


def test_all_of_it_is_there_and_the_files_are_whole(files: Files) -> None:
    before = content(files)
    assert all(before.values()), {name for name, rows in before.items() if not rows}
    said = files.move()
    assert "Moved: " in said and "What follows" in said
    assert in_database(files) == before == content(files, ".moved")
    (used,) = table(file_url(files.var / "usage.sqlite.moved"), "windows")
    assert table(files.urls, "api_usage") == [used]
    assert not [*files.var.rglob("*.sqlite"), *files.var.rglob("*-wal")]
    assert (files.var / "documents/log/log.key").is_file()
    assert (files.var / "sealing.key").is_file()
    assert "0 unreadable" in files.seva("keys", "check", **files.moved)
    again = files.move()
    assert "was moved already" in again


def test_it_goes_on_where_it_was(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has a turn open is next, orders are kept, and nothing is done twice."""
    before = content(files)
    files.move()
    files.at(monkeypatch)
    rest = files.process("tests.backup.town", "rest", str(files.book), **files.moved)
    rest.communicate(timeout=400)
    assert rest.returncode == 0
    inbox = {row["message_id"]: row for row in table(files.urls, "inbox")}
    assert len(inbox) == len(before["inbox"])
    states = [row["state"] for row in inbox.values()]
    assert states.count(schema.DEAD) == 1 and schema.WAITING not in states
    old = {row["tracker"]: row for row in before["outbox"]}
    replies = sorted(table(files.urls, "outbox"), key=lambda row: int(row["seq"]))
    new = [row for row in replies if row["tracker"] not in old]
    assert len(new) == WAITING + 1
    assert min(row["seq"] for row in new) > max(row["seq"] for row in old.values())
    by_lane: dict[str, list[int]] = defaultdict(list)
    for row in replies:
        by_lane[row["lane"]].append(inbox[row["inbox_id"]]["seq"])
    assert all(order == sorted(order) for order in by_lane.values())
    given = numbers(files.book)
    for row in new:
        assert read_reply(row["body"]).text.split()[0] == given[row["inbox_id"]]
    read = [row for row in replies if row["message_id"] == "wamid.OUT1"]
    assert [row["state"] for row in read] == [schema.READ]
    files.seva("migrate", "status", **files.moved)


async def test_an_open_message_is_claimed_and_an_unsent_reply_sent(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that a dead worker held first of its lane, once its lease is over."""
    held = [row for row in content(files)["inbox_lanes"] if row["token"]]
    assert len(held) == 1
    files.move()
    files.at(monkeypatch)
    store = open_inbox(State.read(), POLICY)
    try:
        waiting = [row for row in table(files.urls, "inbox") if row["state"] == schema.WAITING]
        mine = min(
            (row for row in waiting if row["lane"] == held[0]["lane"]), key=lambda row: row["seq"]
        )
        claimed: dict[str, str] = {}
        while mine["lane"] not in claimed:
            for claim in await store.claim("w", 50):
                claimed.setdefault(claim.message.lane, claim.message.message_id)
            await asyncio.sleep(0.01)
        assert claimed[mine["lane"]] == mine["message_id"]
        unsent = [row for row in table(files.urls, "outbox") if row["state"] == schema.PENDING]
        taken = {parcel.tracker for parcel in await store.outbox.claim("w", 50)}
        assert taken & {row["tracker"] for row in unsent}
        assert await store.choice(message(901, citizen="IN.901").lane, "c1") is not None
    finally:
        await store.close()


def test_documents_and_their_log_go_on(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever knew the old head sees that the new one appends to it; all proofs hold."""
    with closing(Log.open(files.var / "documents" / "log")) as was:
        head, cosigned, key = was.checkpoint(), was.cosigned(), was.verifier
        entries = [was.entry(number, was.size) for number in range(was.size)]
    old = open_checkpoint(head, key).checkpoint
    assert old.size > ENTRIES
    known = table(file_url(files.var / "documents/registry.sqlite"), "documents")
    files.move()
    files.at(monkeypatch)
    issuer = Issuer.open(documents_folder(), URL)
    log = issuer.event_log.log
    assert log.signs and log.checkpoint() == head and log.cosigned() == cosigned
    assert [log.entry(number, log.size) for number in range(log.size)] == entries
    assert log.pins().known("http://witness.example") is not None
    for document in known:
        told = status(issuer.registry, issuer.event_log, document["id"])
        assert told["state"] == document["state"] and told["log"]["proof"]
    again = issuer.issue("municipal", "birth_certificate", BIRTH, "wamid.IN2")
    assert again.id in {document["id"] for document in known}
    assert issuer.pdf(again.token) is not None
    fresh = issuer.issue("municipal", "birth_certificate", BIRTH, "after the move")
    new = open_checkpoint(log.checkpoint(), key).checkpoint
    proof = log.consistency_proof(old.size, new.size)
    assert new.size == old.size + 1
    assert verify_consistency(old.size, new.size, old.root, new.root, proof)
    states = {key.kid.hex(): key.withdrawn_at for key in issuer.keys.public_keys()}
    assert sorted(when is None for when in states.values()) == [False, True]
    numbered = [row for row in table(files.urls, "entries") if row["document"] == fresh.id]
    assert numbered[0]["number"] > max(
        row["number"] for row in table(files.urls, "entries") if row["document"] != fresh.id
    )


def test_several_databases_get_the_lanes_that_are_theirs(
    shards: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(shards)
    shards.move()
    assert in_database(shards) == before
    one, two = shards.urls.split()
    lanes = [{row["lane"] for row in table(url, "citizens")} for url in (one, two)]
    assert all(lanes) and not lanes[0] & lanes[1]
    rest = shards.process("tests.backup.town", "rest", str(shards.book), **shards.moved)
    rest.communicate(timeout=400)
    assert rest.returncode == 0
    for url in (one, two):
        for row in table(url, "inbox"):
            assert row["state"] != schema.WAITING


def test_nobody_begins_with_the_files_again(files: Files) -> None:
    files.move()
    for words in (
        ["inbox", "list"],
        ["documents", "keys", "list"],
        ["handover", "list"],
        ["payments", "list"],
    ):
        said = files.seva(*words, code=1)
        assert "lies in PostgreSQL: set SEVA_DATABASE_URL" in said and "Traceback" not in said
    rest = files.process("tests.backup.town", "rest", str(files.book))
    rest.communicate(timeout=100)
    assert rest.returncode == 1
    with pytest.raises(LogError, match="lies in PostgreSQL"):
        Log.open(files.var / "documents" / "log", origin="verify.example.gov.in/log")
    assert not [*files.var.rglob("*.sqlite")]


def test_a_dry_run_counts_and_changes_nothing(files: Files) -> None:
    before = content(files)
    said = files.move("--dry-run")
    assert "rows would go into" in said and "Nothing was changed" in said
    facts = json.loads(files.move("--dry-run", "--json"))
    assert facts["rows"]["inbox"] == len(before["inbox"])
    assert facts["rows"]["log_entries"] > ENTRIES
    assert content(files) == before
    assert list(facts["databases"].values()) == [""]
    with closing(sqlite3.connect(files.var / "seva.sqlite")) as db:
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)


def test_what_no_store_knows_is_named(files: Files) -> None:
    (files.var / "sandbox.sqlite").write_bytes(b"")
    assert "sandbox.sqlite stays" in files.move()
    assert Path(files.var / "sandbox.sqlite").exists()


def test_back_to_the_files(files: Files) -> None:
    """By their names of before; nothing in them was changed."""
    before = content(files)
    files.move()
    for path in sorted(files.var.rglob("*.moved")):
        path.rename(path.with_name(path.name.removesuffix(".moved")))
    assert content(files) == before
    rest = files.process("tests.backup.town", "rest", str(files.book))
    rest.communicate(timeout=300)
    assert rest.returncode == 0
