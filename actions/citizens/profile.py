"""What a citizen allowed us to remember for their next request: a store of its own, sealed.

A row is found by a keyed hash of the sender and holds one token. Without consent the row says only
that; nothing here is ever written to Rasa's tracker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from actions.dialogue.state import Profile
from nlu.storage.database import Tables
from nlu.storage.sealed_table import SealedTable, unreadable_column
from nlu.storage.sealing import Unreadable, keyed_hash, seal, unseal
from nlu.storage.tables import delete_in_slices, insert_into, open_tables

FILE = "profile.sqlite"
_METADATA = sa.MetaData()
_PROFILES = sa.Table(
    "profile",
    _METADATA,
    sa.Column("citizen", sa.Text, primary_key=True),
    sa.Column("consent", sa.Boolean, nullable=False),
    sa.Column("told", sa.Text),
    sa.Column("used", sa.Float(53)),
    unreadable_column(),
)
TABLES = Tables("profiles", _METADATA, Path(__file__).parents[1] / "migrations" / "profiles")
_DAY = 86400.0


class Profiles:
    """Profiles in a database; each call is a transaction of its own."""

    def __init__(self, url: str, most: int, clock: Callable[[], float] = time.time) -> None:
        """`most`: values kept of one type, the latest first."""
        self._most, self._clock = most, clock
        self._engine = open_tables(url, TABLES)
        self.table = SealedTable("profiles", self._engine, _PROFILES, ["told"], _profile)
        # Rows of before profiles were forgotten by age.
        self._change(_PROFILES.c.used.is_(None), used=clock())

    def of(self, citizen: str) -> Profile:
        """What is remembered of a citizen; consent None where they were never asked, or where it
        cannot be read."""
        now, this = self._clock(), _PROFILES.c.citizen == _hash(citizen)
        self._change(this & (_PROFILES.c.used < now - _DAY), used=now)  # not in each turn
        try:
            return self.table.one(this) or Profile()
        except Unreadable:
            return Profile()

    def remember(self, citizen: str, values: Mapping[str, str]) -> None:
        """Adds the values of slot types, with the citizen's consent."""
        known = self.of(citizen).values
        merged = dict(known)
        for name, value in values.items():
            others = [other for other in known.get(name, ()) if other != value]
            merged[name] = (value, *others)[: self._most]
        self._put(citizen, consent=True, told=seal(merged))

    def refuse(self, citizen: str) -> None:
        """Deletes everything but that the citizen does not want to be remembered, or asked."""
        self._put(citizen, consent=False, told=None)

    def forget(self, before: float) -> int:
        """Deletes what was not used since that moment, consent and refusal too; how many."""
        return delete_in_slices(self._engine, _PROFILES, _PROFILES.c.used < before)

    def _put(self, citizen: str, *, consent: bool, told: str | None) -> None:
        row = {"consent": consent, "told": told, "used": self._clock(), "unreadable_at": None}
        with self._engine.begin() as db:
            new = insert_into(self._engine, _PROFILES).values(citizen=_hash(citizen), **row)
            db.execute(new.on_conflict_do_update(index_elements=["citizen"], set_=row))

    def _change(self, where: Any, **values: Any) -> None:
        """Takes a lock only where there is something to change."""
        with self._engine.connect() as db:
            found = db.execute(sa.select(_PROFILES.c.citizen).where(where).limit(1)).first()
            if found is not None:
                db.execute(_PROFILES.update().where(where).values(**values))
                db.commit()


def _profile(row: Mapping[str, Any]) -> Profile:
    told = unseal(row["told"]) if row["told"] else {}
    return Profile(row["consent"], {name: tuple(some) for name, some in told.items()})


def _hash(citizen: str) -> str:
    return keyed_hash(citizen, "profile")
