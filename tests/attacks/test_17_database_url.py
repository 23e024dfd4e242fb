"""What an address says of TLS reaches the database (finding 17)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from actions.departments.journal import database_url
from nlu.storage.tables import open_engine

QUERY = "sslmode=verify-full&sslrootcert=/etc/ca.pem&application_name=seva"


@pytest.mark.parametrize("name", ["SEVA_JOURNAL_URL", "SEVA_DATABASE_URL"])
def test_tables_connect_as_their_address_says(name: str) -> None:
    url = f"postgresql://u:p@db.example.in:5432/seva?{QUERY}"
    engine = open_engine(database_url({name: url}))
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
