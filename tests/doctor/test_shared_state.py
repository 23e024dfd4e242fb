"""A deployment in PostgreSQL: what is left on the machine's disk, and who signs the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from actions.transparency.log_in_tables import TABLES, LogInTables
from actions.transparency.note import Signer
from nlu.storage import keys
from nlu.storage.open import open_database
from tests.doctor.site import Site
from tests.postgres import empty


@pytest.fixture
def shared(site: Site, postgres: str) -> Site:
    """All in PostgreSQL, on a machine without keys of its own."""
    empty(postgres)
    site.environ |= {
        "SEVA_DATABASE_URL": postgres,
        "SEVA_MODELS_STORE": str(site.folder / "store"),
        "SEVA_SEALING_KEY": keys.new_key(),
        "SEVA_HASHING_KEY": keys.new_key(),
        "SEVA_DOCUMENTS_SEALING_KEY": keys.new_key(),
    }
    return site


@pytest.fixture
def log(shared: Site, postgres: str) -> Iterator[LogInTables]:
    folder = shared.var / "documents" / "log"
    found = LogInTables.open(open_database(postgres, TABLES), folder, origin="a.example/log")
    yield found
    found.close()


def test_files_are_no_trouble_where_the_state_is_a_file(site: Site) -> None:
    assert site.result("local-state").not_looked and site.result("log-signer").not_looked


def test_machine_without_state_of_its_own_is_well(shared: Site, log: LogInTables) -> None:
    log.append(b"one")
    assert shared.well("local-state") and shared.well("log-signer")


@pytest.mark.parametrize(
    "name", ["seva.sqlite", "journal.sqlite", "profile.sqlite", "documents/registry.sqlite"]
)
def test_database_of_before(shared: Site, name: str) -> None:
    shared.write(f"var/{name}", "")
    assert f"{name} is still on this machine" in shared.only("local-state").what


def test_what_citizens_wait_for_in_a_database_of_before(shared: Site) -> None:
    """A payment is worse than a file without anything open."""
    for file, sql in {
        "seva.sqlite": "CREATE TABLE inbox (state); INSERT INTO inbox VALUES (0), (1), (0)",
        "journal.sqlite": "CREATE TABLE payments (state); INSERT INTO payments VALUES ('open')",
        "profile.sqlite": "CREATE TABLE profile (told); INSERT INTO profile VALUES ('')",
    }.items():
        with closing(sqlite3.connect(shared.var / file)) as db:
            db.executescript(sql)
        (shared.var / file).chmod(0o600)
    found = {Path(one.what.split()[0]).name: one for one in shared.result("local-state").findings}
    assert found["seva.sqlite"].severity == "critical"
    assert "in it wait 2 messages" in found["seva.sqlite"].what
    assert "in it wait 1 payments" in found["journal.sqlite"].what
    assert found["profile.sqlite"].severity == "trouble"
    assert all("`seva migrate move`" in one.mend for one in found.values())


def test_log_of_before(shared: Site) -> None:
    shared.write("var/documents/log/public/checkpoint", "signed")
    assert "log/public/checkpoint is still on this machine" in shared.only("local-state").what


def test_files_that_were_moved_are_to_be_deleted(shared: Site) -> None:
    shared.write("var/seva.sqlite.moved", "")
    found = shared.only("local-state")
    assert found.severity == "notice" and "seva.sqlite.moved" in found.what


def test_journal_that_one_machine_keeps(shared: Site) -> None:
    shared.environ["SEVA_JOURNAL_URL"] = "sqlite"
    assert "SEVA_JOURNAL_URL is a file" in shared.only("local-state").what


def test_live_model_of_one_machine(shared: Site) -> None:
    shared.environ["SEVA_MODELS_STORE"] = ""
    assert "which model is live" in shared.only("local-state").what


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("SEVA_SEALING_KEY", "sealing.key"),
        ("SEVA_HASHING_KEY", "hashing.key"),
        ("SEVA_DOCUMENTS_SEALING_KEY", "documents/sealing.key"),
    ],
)
def test_key_that_one_machine_has(shared: Site, name: str, file: str) -> None:
    del shared.environ[name]
    shared.write(f"var/{file}", keys.new_key())
    found = shared.only("local-state")
    assert found.severity == "notice" and name in found.mend


def test_log_that_nobody_begun(shared: Site) -> None:
    assert shared.result("log-signer").not_looked


def test_entries_that_nobody_signs(shared: Site, log: LogInTables) -> None:
    log.database.change(lambda db: log.enter(db, [b"one", b"two"]))
    assert "2 entries of the log of documents wait" in shared.only("log-signer").what


def test_key_of_another_log(shared: Site, log: LogInTables) -> None:
    (Path(shared.var) / "documents/log/log.key").write_text(Signer.new("b.example/log").encode())
    assert "is not the key of the log" in shared.only("log-signer").what
