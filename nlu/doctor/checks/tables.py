"""A check of all stores: their tables are those that this Seva works with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from nlu.doctor.check import Finding, NotLooked, check
from nlu.doctor.deployment import Deployment
from nlu.storage.database import DatabaseAway
from nlu.storage.migrations.readiness import changes_by_itself
from nlu.storage.migrations.store import Standing, all_stores, standing


@check(
    "migrations",
    "the tables of all stores are those of this version",
    "tables that lack what this Seva needs, of a newer Seva, or with what no Seva needs any more",
    *("serve", "worker", "actions", "documents"),
)
def migrations(here: Deployment) -> Iterator[Finding]:
    """A store that is not made yet is made by the first process."""
    stands = _standings(here)
    for one in stands:
        if one.beyond:
            yield Finding(
                "critical",
                f"the tables of `{one.store.name}` are of a newer Seva ({one.version})",
                "it took away what this one needs: processes that use them do not start",
                "run the newer Seva, or go back with its `seva migrate down`",
            )
    lacking = [one for one in stands if not one.ready and not one.beyond]
    blocked = [one for one in lacking if not _by_itself(here, one)]
    if blocked:
        yield Finding(
            "critical",
            f"the tables of {_names(blocked)} lack what this Seva needs",
            "its processes do not start; older ones go on",
            "seva migrate before",
        )
    if len(lacking) > len(blocked):
        yield Finding(
            "notice",
            f"the tables of {_names([*set(lacking) - set(blocked)])} lack what this Seva needs",
            "the next process that opens them adds it",
            "start the processes again, or `seva migrate before`",
        )
    left = [one for one in stands if one.waiting("after") and not one.beyond]
    if left:
        yield Finding(
            "notice",
            f"the tables of {_names(left)} still hold what only older Sevas need",
            "it takes room, and an upgrade after the next may expect that it is gone",
            "once no older process runs on any machine: `seva migrate after`",
        )


def _standings(here: Deployment) -> list[Standing]:
    try:
        return [standing(store) for store in all_stores(here.settings)]
    except (DatabaseAway, sqlite3.Error) as error:
        raise NotLooked(f"a database cannot be read ({type(error).__name__})") from None


def _by_itself(here: Deployment, one: Standing) -> bool:
    return changes_by_itself(one.store.engine, here.settings.migrate)


def _names(stands: Sequence[Standing]) -> str:
    return ", ".join(f"`{one.store.name}`" for one in stands)
