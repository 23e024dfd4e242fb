"""One sealing key follows another: the bodies of `seva keys ...`.

Each ring of keys has stores that it seals: what citizens told, and issued documents. Rows are
sealed again in slices while all processes go on. What was cut short is taken up by the next
command: each may be repeated. Each returns the exit code. No key is printed but a new one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress

from nlu.storage.keys import (
    Place,
    add_key,
    drop_keys,
    keep_hashing,
    key_name,
    new_key,
    read_keys,
)
from nlu.storage.sealed_table import SealedStore, Slice
from nlu.storage.sealing import NOTICED_AFTER

SLICE = 200
"""Rows that one transaction seals again: others wait for no more than these."""


@dataclass(frozen=True)
class Ring:
    """Keys that follow each other, and what they seal."""

    place: Place
    stores: Sequence[SealedStore]


def make_command() -> int:
    """Print a new key."""
    print(new_key())
    return 0


def list_command(rings: Sequence[Ring], *, as_json: bool = False) -> int:
    """Print names and tasks of the keys, newest first."""
    found = [(ring.place.name, _tasks(ring.place)) for ring in rings]
    if as_json:
        print(json.dumps([{"place": name, "keys": rows} for name, rows in found]))
        return 0
    for name, rows in found:
        print(name)
        for row in rows:
            print("  {key}  {does}".format(**row))
    return 0


def _tasks(place: Place) -> Sequence[Mapping[str, str]]:
    keys = read_keys(place)
    rows = [
        {"key": key_name(key), "does": "seals and opens" if number == 0 else "opens"}
        for number, key in enumerate(keys.sealing)
    ]
    return [*rows, {"key": key_name(keys.hashing), "does": "names rows"}]


def check_command(rings: Sequence[Ring], *, as_json: bool = False) -> int:
    """Try to read every row; 1 where one cannot be read. Rows that were unreadable and can be read
    again are settled from then on."""
    found = _look_through(_stores(rings), "Reading", again=False)
    _print(found, as_json)
    return 1 if any(one.unreadable for one in found.values()) else 0


def rotate_command(rings: Sequence[Ring]) -> int:
    """Put a new key first, and seal every row again; with keys in the environment, say how."""
    for ring in rings:
        place = ring.place
        if place.given:
            keep_hashing(place)
            _say_how(place)
        else:
            print(f"{place.name}: key {key_name(add_key(place).sealing[0])} seals from now on")
    return reseal_command([ring for ring in rings if not ring.place.given])


def _say_how(place: Place) -> None:
    """The steps with keys in the environment. Every process must open with the new key before any
    seals with it: processes are started one after the other."""
    name, new = place.variable, new_key()
    print(f"{name} is set. The new key follows in these steps:")
    print(f"1. On every machine that lacks it, or rows lose their names: {place.hashing_file}")
    print("2. For every process put it last, where it only opens, and start them all again:")
    print(f"  {name}=${name},{new}")
    print("3. When all run with it, put it first, where it seals, and start them all again:")
    print(f"  {name}={new},OLDER_KEYS")
    print("4. seva keys reseal")
    print("5. seva keys drop, and then leave it alone in the variable")


def reseal_command(rings: Sequence[Ring]) -> int:
    """Seal every row again that an older key sealed."""
    _print(_look_through(_stores(rings), "Sealing", again=True), as_json=False)
    return 0


def drop_command(rings: Sequence[Ring]) -> int:
    """Remove all keys but the newest, once nothing is sealed by them; 1 where something still is,
    or may be."""
    return max(_drop(ring) for ring in rings)


def _drop(ring: Ring) -> int:
    place, keys = ring.place, read_keys(ring.place)
    if len(keys.sealing) == 1:
        print(f"{place.name}: there is only one key")
        return 0
    if place.changeable and (wait := _unnoticed(place)) > 0:
        print(f"not all processes may have seen the new key: {wait:.0f} s more", file=sys.stderr)
        return 1
    _look_through(ring.stores, "Sealing", again=True)
    found = _look_through(ring.stores, "Checking", again=False)
    if any(one.older for one in found.values()):
        _print(found, as_json=False)
        print("older keys are still needed: is a process running with older ones?", file=sys.stderr)
        return 1
    names = ", ".join(key_name(key) for key in keys.sealing[1:])
    if place.given:
        keep_hashing(place)
        print(f"nothing is sealed by {names}: leave the first key alone in {place.variable}")
        return 0
    drop_keys(place)
    print(f"{place.name}: removed {names}")
    return 0


def _stores(rings: Sequence[Ring]) -> Sequence[SealedStore]:
    return [store for ring in rings for store in ring.stores]


def _unnoticed(place: Place) -> float:
    """Seconds until every process has seen the file as it is."""
    return place.file.stat().st_mtime + NOTICED_AFTER - time.time()


def _look_through(stores: Sequence[SealedStore], what: str, *, again: bool) -> Mapping[str, Slice]:
    """Every row of every store, summed up."""
    found = {}
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=sum(store.size() for store in stores))
        for store in stores:
            rows = older = unreadable = 0
            for one in _slices(store, again=again):
                rows, older = rows + one.rows, older + one.older
                unreadable += one.unreadable
                bar.advance(task, one.rows)
            found[store.name] = Slice(rows, older, unreadable)
    return found


def _slices(store: SealedStore, *, again: bool) -> Iterator[Slice]:
    after: str | None = ""
    while after is not None:
        one = store.look(after, SLICE, again=again)
        after = one.last
        yield one


def _print(found: Mapping[str, Slice], as_json: bool) -> None:
    if as_json:
        facts = {
            name: {"rows": one.rows, "older": one.older, "unreadable": one.unreadable}
            for name, one in found.items()
        }
        print(json.dumps(facts))
        return
    for name, one in found.items():
        print(f"{name:<12} {one.rows} rows, {one.older} by older keys, {one.unreadable} unreadable")
