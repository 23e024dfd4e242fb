"""The buses of a day on a route, with their fares and free seats: what the counters cannot add up.

A seat is taken while it is paid for, or held for somebody who has yet to pay.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from actions.sandbox import clock
from actions.sandbox.counter import Find, Row
from actions.sandbox.expressions import Moment
from actions.sandbox.records import all_records

_SEATS = Find(("seats",), {"from": "input.from", "to": "input.to", "day": "input.date"}, "seats")
_CAPACITY = 40
_NEAR = datetime.timedelta(minutes=90)
FIRST = "first"
"""In `bus`: the first one that has seats."""


def of_the_day(db: sqlite3.Connection, department: str, seen: Moment) -> dict[str, Any]:
    """What the expressions of a counter see besides the route's record: `buses` that still go, have
    seats for all, and are as wished; `as_wished` is false where none is, and `buses` are the
    others. `bus` is the one that was asked for."""
    asked, route = seen.seen["input"], seen.seen["record"]
    sold = [found.record for found in all_records(db, department, _SEATS, seen)]
    going = list(_going(route, asked, sold, seen.language))
    wished = [bus for bus in going if _is_wished(bus, asked)]
    wanted = asked.get("bus") or FIRST
    chosen = (bus for bus in going if wanted in (FIRST, bus["bus"]))
    return {
        "buses": wished or going,
        "as_wished": bool(wished),
        "bus": next(chosen, None),
        "leaves": [bus for bus in _left(route, asked) if wanted in (FIRST, bus["bus"])],
    }


def is_taken(seat: Row) -> bool:
    """Whether a seat that was sold is still taken."""
    if seat.get("cancelled"):
        return False
    held = seat.get("held_until")
    return bool(seat.get("paid")) or (
        held is not None and datetime.datetime.fromisoformat(held) > clock.now()
    )


def _left(route: Row, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Buses of the route that have not left yet."""
    day = datetime.date.fromisoformat(asked["date"])
    for bus in route["buses"]:
        departs = clock.at(day, bus["at"])
        if departs > clock.now() and not (bus.get("ac") and route.get("no_ac")):
            yield {
                **bus,
                "departs": departs.isoformat(),
                "fare": round(route["fare"] * bus["share"], 2),
            }


def _going(
    route: Row, asked: Mapping[str, Any], sold: list[Row], language: str
) -> Iterator[dict[str, Any]]:
    for bus in _left(route, asked):
        taken = sum(s["passengers"] for s in sold if s.get("bus") == bus["bus"] and is_taken(s))
        seats, wanted = _CAPACITY - taken, int(asked.get("passengers") or 1)
        if seats >= wanted:
            total = round(bus["fare"] * wanted, 2)
            yield {**bus, "seats": seats, "name": bus["name"][language], "total": total}


def _is_wished(bus: Row, asked: Mapping[str, Any]) -> bool:
    """Whether a bus is of the kind, and about the time, that the citizen named."""
    if asked.get("kind") and asked["kind"] not in bus["kinds"]:
        return False
    if not asked.get("time"):
        return True
    departs = datetime.datetime.fromisoformat(bus["departs"])
    return abs(departs - clock.at(departs.date(), asked["time"])) <= _NEAR
