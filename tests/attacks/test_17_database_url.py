"""What an address says of TLS reaches the database (finding 17)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from actions.departments.journal import database_url
from api.inbox.open import open_inbox
from api.settings import Settings
from api.whatsapp.policy import load_policy
from nlu.storage.tables import open_engine

QUERY = "sslmode=verify-full&sslrootcert=/etc/ca.pem&application_name=seva"


def test_the_journal_connects_as_its_address_says() -> None:
    url = f"postgresql://u:p@db.example.in:5432/seva?{QUERY}"
    engine = open_engine(database_url({"SEVA_JOURNAL_URL": url}))
    asked: dict[str, Any] = {}

    class Asked(Exception):
        """Instead of a connection."""

    @sa.event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        asked.update(parameters)
        raise Asked

    with pytest.raises(Asked):
        engine.connect()
    assert asked["sslmode"] == "verify-full"
    assert asked["sslrootcert"] == "/etc/ca.pem"
    assert (asked["host"], asked["application_name"]) == ("db.example.in", "seva")


def test_the_state_refuses_an_address_that_it_would_not_obey(tmp_path: Any) -> None:
    settings = Settings(database_url=f"postgresql://u:p@db/seva?{QUERY}", var_dir=tmp_path)
    with pytest.raises(ValueError, match="SEVA_DATABASE_URL"):
        open_inbox(settings, load_policy(settings.data_dir / "whatsapp.yml"))
