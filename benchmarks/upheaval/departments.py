"""The departments' books, read from the sandbox's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from actions.sandbox.counter import load_counters
from actions.sandbox.store import Store
from benchmarks.upheaval.facts import Request, Write

_DONATION = "createDonation"
_WRITES = """
SELECT w.department, w.operation, w.reference,
       coalesce(t.subject, CAST(CAST(o.amount AS INTEGER) AS TEXT), '') AS mark
FROM writes w
LEFT JOIN counter_taken t ON t.department = w.department AND t.number = w.reference
LEFT JOIN orders o ON o.department = w.department AND o.operation = 'createDonation'
    AND o.reference = w.reference
ORDER BY w.id
"""


def writes(database: Path) -> list[Write]:
    """Every write that was done."""
    with closing(sqlite3.connect(database, timeout=30)) as db:
        return [Write(*row) for row in db.execute(_WRITES)]


def mark(requests: Sequence[Request], database: Path, towns: Mapping[str, str]) -> None:
    """Gives each request the mark that its write has: the sum of a donation, else the keyed hash
    under which a counter knows what it was for. `towns`: the books' names of towns."""
    store = Store(database)
    for request in requests:
        if request.operation == _DONATION:
            request.mark = request.values["amount"]
            continue
        take = load_counters(request.department)[request.operation].take
        assert take is not None
        entered = {"ulb": towns.get(request.values.get("ulb_name", ""), ""), **request.values}
        request.mark = store.fingerprint(*(entered.get(name, "") for name in take.once_for))
