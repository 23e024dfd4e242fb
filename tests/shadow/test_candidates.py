"""One candidate at a time, ended by a person or by itself."""

from __future__ import annotations

from api.shadow.candidates import PROMOTED, TIME
from tests.shadow.conftest import LIVE, MODEL, Machine

DAY = 86400.0


def test_one_at_a_time(machine: Machine) -> None:
    assert machine.candidates.current() is None and machine.candidates.latest() is None
    candidate = machine.begin()
    assert (candidate.model, candidate.live) == (MODEL, LIVE)
    assert not machine.candidates.start("another", LIVE, "Ravi", "mine is better")
    assert not machine.candidates.start(MODEL, LIVE, "Ravi", "once more")
    assert machine.candidates.current() == candidate
    assert not machine.candidates.end("another", "Ravi", "away with it")
    assert machine.candidates.end(MODEL, "Ravi", "it asks too often")
    run = machine.candidates.latest(MODEL)
    assert run is not None and not run.is_running
    assert (run.started_by, run.reason) == ("Anita", "new sentences")
    assert (run.ended_by, run.end_reason) == ("Ravi", "it asks too often")
    assert machine.candidates.current() is None
    assert not machine.candidates.end(MODEL, "Ravi", "twice")
    assert machine.candidates.start("another", LIVE, "Ravi", "now mine")
    assert machine.candidates.latest(MODEL) == run


def test_it_ends_after_its_days(machine: Machine) -> None:
    machine.begin()
    machine.desk.clock.now += 6.9 * DAY
    machine.candidates.tend(LIVE)
    assert machine.candidates.current() is not None
    machine.desk.clock.now += 0.2 * DAY
    assert machine.candidates.current() is None  # before anybody noted it
    machine.candidates.tend(LIVE)
    run = machine.candidates.latest()
    assert run is not None and (run.ended_by, run.end_reason) == ("", TIME)
    assert machine.candidates.start("another", LIVE, "Ravi", "next")


def test_one_whose_time_is_over_stands_in_nobodys_way(machine: Machine) -> None:
    machine.begin()
    machine.desk.clock.now += 8 * DAY
    assert machine.candidates.start("another", LIVE, "Ravi", "next")


async def test_it_ends_when_another_model_is_live(machine: Machine) -> None:
    machine.begin()
    await machine.say("power bill")
    await machine.shadow.look()
    assert machine.model == MODEL
    machine.live = MODEL
    await machine.shadow.look()
    assert machine.model == "" and machine.shadow.candidate is None
    run = machine.candidates.latest()
    assert run is not None and (run.ended_by, run.end_reason) == ("", PROMOTED)
    assert machine.rows("SELECT 1 FROM shadow_messages") == []
    machine.live = LIVE  # gone back to: what ended has ended
    await machine.shadow.look()
    assert machine.shadow.candidate is None


async def test_the_end_by_a_person_deletes_what_waits(machine: Machine) -> None:
    machine.begin()
    await machine.say("power bill", "bus to Tirupati", "ration card")
    assert machine.candidates.end(MODEL, "Anita", "enough")
    assert machine.rows("SELECT 1 FROM shadow_messages") == []
    assert await machine.compare() == 0


async def test_the_worker_knows_it_within_seconds(machine: Machine) -> None:
    feed = machine.feed()
    await feed.look()
    assert feed.candidate is None
    candidate = machine.begin()
    await feed.look()
    assert feed.candidate == candidate


async def test_it_goes_on_where_nobody_can_tell_what_is_live(machine: Machine) -> None:
    candidate = machine.begin()
    machine.live = None
    await machine.shadow.look()
    assert machine.shadow.candidate == candidate
