"""What the action server keeps, and the keys of clients."""

from __future__ import annotations

import sqlite3
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from actions.citizens.profile import FILE, Profiles
from actions.departments.journal import Journal
from actions.payments.ledger import Ledger
from nlu.settings.api_keys_file import digest, new_key
from nlu.storage import keys
from nlu.storage.sealing import seal
from nlu.storage.tables import file_url
from tests.doctor.site import Site

CHECKS = ("journal", "sealed-records", "unreadable-records", "unsettled-writes")


def change(file: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(file) as db:
        db.execute(statement, values)
    db.close()


@pytest.fixture
def kept(site: Site) -> Site:
    """Stores as the action server makes them, with a profile."""
    Journal(file_url(site.var / "journal.sqlite"))
    Ledger(file_url(site.var / "journal.sqlite"))
    Profiles(file_url(site.var / FILE), 0)
    insert = "INSERT INTO profile (citizen, consent, told) VALUES ('a', 1, ?)"
    change(site.var / FILE, insert, seal({"name": "x"}))
    return site


def written(site: Site, due_at: float) -> None:
    insert = (
        "INSERT INTO department_writes (id, department, operation, request, state, sent_by, "
        "due_at, version) VALUES ('w', 'energy', 'payBill', ?, 'unsure', 0, ?, 1)"
    )
    change(site.var / "journal.sqlite", insert, seal({}), due_at)


def test_sound_records_are_well(site: Site, kept: Site) -> None:
    assert {name for name in CHECKS if not kept.well(name)} == set()


def test_no_records_yet(site: Site) -> None:
    assert site.result("journal").not_looked and site.result("unsettled-writes").not_looked


def test_a_journal_that_is_none(site: Site) -> None:
    (site.var / "journal.sqlite").write_bytes(b"this is no database at all, is it?" * 100)
    assert "cannot be read" in site.only("journal").what


def test_a_journal_in_a_postgresql_that_is_not_there(site: Site) -> None:
    site.environ["SEVA_JOURNAL_URL"] = "postgresql://seva:pa55word@127.0.0.1:1/seva"
    found = site.only("journal")
    assert found.severity == "critical" and "pa55word" not in str(found)


def test_records_of_another_key(kept: Site) -> None:
    (kept.var / "sealing.key").write_text(keys.new_key())
    assert "opens 1 of 1 profiles" in kept.only("sealed-records").what


def test_records_that_were_passed_over(kept: Site) -> None:
    """Told once in the log, when it happened."""
    change(kept.var / FILE, "UPDATE profile SET unreadable_at = 1")
    assert "1 profiles were found unreadable" in kept.only("unreadable-records").what


def test_writes_that_nobody_asks_after(kept: Site) -> None:
    written(kept, time.time() - 2 * 3600)
    found = kept.only("unsettled-writes")
    assert "1 writes should have been asked after" in found.what
    assert found.mend.startswith("start `seva actions`")


def test_writes_that_are_due_now_are_no_trouble(kept: Site) -> None:
    written(kept, time.time() - 5)
    assert kept.well("unsettled-writes")


def test_issued_documents_without_their_key(site: Site) -> None:
    """A key of its own, in a folder of its own: the one that a backup leaves out."""
    place = keys.Place("", "", site.var / "documents" / "sealing.key", "SEVA_DOCUMENTS_SEALING_KEY")
    token = seal({"name": "x"}, place=place)
    registry = site.var / "documents" / "registry.sqlite"
    change(registry, "CREATE TABLE documents (id TEXT PRIMARY KEY, sealed TEXT)")
    change(registry, "INSERT INTO documents VALUES ('a', ?)", token)
    assert site.well("sealed-documents")
    place.file.unlink()
    found = site.only("sealed-documents")
    assert "no sealing key, although documents" in found.what
    assert "SEVA_DOCUMENTS_SEALING_KEY" in found.mend


def clients(site: Site, **expires: float | None) -> Path:
    """A file of keys: name -> days until it expires."""
    entries = []
    for name, days in expires.items():
        day = datetime.now(timezone.utc) + timedelta(days=days) if days is not None else None
        entries.append(new_key(name, ["parse"], day.date() if day else None, None, None)[1])
    file = site.write("keys.yml", "".join(entries))
    file.chmod(0o600)
    site.environ["SEVA_API_KEYS_FILE"] = str(file)
    return file


def test_keys_that_expire(site: Site) -> None:
    assert site.result("api-keys").not_looked
    clients(site, portal=None, kiosk=400)
    assert site.well("api-keys")
    clients(site, portal=-3, kiosk=5)
    expired, soon = site.result("api-keys").findings
    assert "`portal` expired" in expired.what and expired.severity == "trouble"
    assert "`kiosk` expires in 5 days" in soon.what and soon.severity == "notice"


def test_a_key_in_two_places(site: Site) -> None:
    """The entry that is compared last counts: the other one's scopes are gone."""
    secret = "a-key-that-was-given-twice"
    file = clients(site, portal=None)
    file.write_text(f"- {{name: portal, sha256: '{digest(secret).hex()}', scopes: [parse]}}\n")
    for name in ("SEVA_API_KEYS", "SEVA_NOTICES_KEY"):
        assert site.well("api-keys")
        site.environ[name] = secret
        found = site.only("api-keys")
        assert f"`portal` of {file} is also in {name}" in found.what and secret not in str(found)
        del site.environ[name]


def test_two_entries_of_one_key_are_refused_by_the_settings(site: Site) -> None:
    entry = f"sha256: '{digest('x').hex()}', scopes: [parse]"
    file = clients(site, portal=None)
    file.write_text(f"- {{name: a, {entry}}}\n- {{name: b, {entry}}}\n")
    assert "two entries have the same sha256" in site.only("settings").what


def test_a_key_file_that_others_can_change(site: Site) -> None:
    clients(site, portal=None).chmod(0o666)
    assert site.only("api-keys").severity == "critical"
