"""Tables that lack what this Seva needs, or of a newer one, break a real deployment."""

from __future__ import annotations

import sqlite3

import pytest

from actions.payments.ledger import Ledger
from nlu.storage.tables import file_url
from tests.doctor.site import Site
from tests.migrations.playback import OldCode
from tests.postgres import empty


def old_inbox(site: Site) -> None:
    """As the version before migrations left it."""
    OldCode(1, f"sqlite:///{site.database}").make()


def say(site: Site, statement: str) -> None:
    with sqlite3.connect(site.database) as db:
        db.execute(statement)
    db.close()


def test_nothing_is_made_and_all_is_well(site: Site) -> None:
    assert site.well("migrations")
    assert list(site.var.iterdir()) == []
    Ledger(file_url(site.var / "journal.sqlite"))
    assert site.well("migrations")


def test_a_file_that_the_next_start_brings_up(site: Site) -> None:
    old_inbox(site)
    found = site.only("migrations")
    assert found.severity == "notice" and "`inbox` lack what this Seva needs" in found.what


def test_a_file_that_no_start_brings_up(site: Site) -> None:
    old_inbox(site)
    site.environ["SEVA_MIGRATE"] = "never"
    found = site.only("migrations")
    assert found.severity == "critical" and found.mend == "seva migrate before"


@pytest.mark.slow
def test_postgresql_that_waits_for_the_command(site: Site, postgres: str) -> None:
    empty(postgres)
    site.environ["SEVA_DATABASE_URL"] = postgres
    assert site.well("migrations")
    OldCode(1, postgres).make()
    assert site.only("migrations").mend == "seva migrate before"
    site.environ["SEVA_MIGRATE"] = "always"
    assert site.only("migrations").severity == "notice"


def test_tables_of_a_newer_seva(site: Site) -> None:
    old_inbox(site)
    say(site, "CREATE TABLE alembic_version_inbox (version_num TEXT)")
    say(site, "INSERT INTO alembic_version_inbox VALUES ('0099_before'), ('0099_after')")
    found = site.only("migrations")
    assert found.severity == "critical" and "`inbox` are of a newer Seva" in found.what
    say(site, "DELETE FROM alembic_version_inbox WHERE version_num = '0099_after'")
    assert site.well("migrations")


def test_a_broken_file_is_the_other_checks_affair(site: Site) -> None:
    site.database.write_bytes(b"no database at all" * 999)
    assert site.result("migrations").not_looked
    assert site.only("database").severity == "critical"
