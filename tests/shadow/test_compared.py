"""The candidate's decision beside the live one: counted, and read by a person where they differ."""

from __future__ import annotations

import asyncio

import pytest

from api.inbox.review import named
from api.inbox.shadow import load_rules as load
from api.review.rules import load_rules
from api.review.store import DISAGREEMENT
from api.shadow import process
from api.shadow.action import FAILED
from api.shadow.figures import figures_of
from api.shadow.understander import Did
from nlu.storage.database import DatabaseAway
from nlu.turn import ERASE
from tests.inbox.worker_fakes import PHONE_ID, message, write
from tests.shadow.conftest import BILL, BUS, FIVE, LIVE, MODEL, PAY, Machine, understood

SAME, OTHER = f"route:{BILL}", f"route:{PAY}"


async def test_the_same_action_is_a_count_and_nothing_else(machine: Machine) -> None:
    machine.begin()
    await machine.say("power bill", "the power bill please")
    assert await machine.compare() == 2
    assert machine.counts() == {("en", SAME, SAME): 2}
    assert machine.rows("SELECT 1 FROM shadow_messages") == []
    assert machine.rows("SELECT 1 FROM review_arrivals") == []
    days = {row["day"] for row in machine.rows("SELECT day FROM shadow_counts")}
    assert days == {"2027-01-15"}


@pytest.mark.parametrize("key", FIVE)
async def test_another_action_goes_to_review_with_both(machine: Machine, key: str) -> None:
    machine.begin()
    machine.does = lambda asked: Did(OTHER, 0.7124)
    await machine.say(FIVE[key], told=lambda heard: understood(heard.text, key=key))
    await machine.compare()
    assert machine.counts() == {(key, SAME, OTHER): 1}
    [item] = machine.for_review()
    assert (item.text, item.key, item.did, item.instead) == (FIVE[key], key, SAME, OTHER)
    assert (item.instead_model, item.instead_sure, item.model) == (MODEL, 0.7124, LIVE)
    [row] = machine.rows("SELECT * FROM review_arrivals")
    assert row["who"] == named(f"{PHONE_ID}:IN.10") and "wamid" not in row["id"]
    await asyncio.to_thread(machine.desk.file)
    [card] = machine.desk.review.queue("a")
    assert card.reasons == {"disagreement": 1} and card.item == item
    assert machine.desk.review.differing(card.number) == item


async def test_a_card_of_other_reasons_tells_the_difference_too(machine: Machine) -> None:
    """The words that are shown stay those that were shown before."""
    machine.begin()
    machine.does = lambda asked: Did("out_of_scope", 0.6)
    machine.desk.come(FIVE["en"], sure=0.5)
    await asyncio.to_thread(machine.desk.file)
    await machine.say(FIVE["en"])
    await machine.compare()
    await asyncio.to_thread(machine.desk.file)
    [card] = machine.desk.review.queue("a")
    assert card.reasons == {"asked": 1, "disagreement": 1} and card.item.instead == ""
    differing = machine.desk.review.differing(card.number)
    assert differing is not None and differing.instead == "out_of_scope"
    assert machine.desk.review.differing(card.number + 1) is None


async def test_what_the_candidate_fails_at_is_counted(machine: Machine) -> None:
    machine.begin()
    machine.does = lambda asked: Did(FAILED)
    await machine.say("power bill")
    await machine.compare()
    assert machine.counts() == {("en", SAME, FAILED): 1} and machine.for_review() == []


async def test_a_message_that_it_dies_in_is_given_up(machine: Machine) -> None:
    """Others behind it come to their turn."""
    candidate = machine.begin()
    await machine.say("power bill")
    await machine.shadow.look()
    rules = machine.shadow._rules
    for _ in range(rules.tries):
        taken = [
            await database.run(lambda db: process.take(db, candidate.number, rules))
            for database in machine.desk.databases
        ]
        assert not any(one.is_given_up for some in taken for one in some)
    assert await machine.compare() == 1
    assert machine.asked == [] and machine.counts() == {("en", SAME, FAILED): 1}


async def test_one_that_is_deleted_meanwhile_leaves_nothing(machine: Machine) -> None:
    """The citizen says "delete my data" while the candidate understands their words."""
    machine.begin()
    lane = f"{PHONE_ID}:IN.10"

    def delete(asked: object) -> Did:
        write(machine.desk.inbox, "DELETE FROM shadow_messages WHERE who = ?", (named(lane),))
        return Did(OTHER, 0.9)

    machine.does = delete
    await machine.say("power bill")
    await machine.compare()
    assert machine.counts() == {} and machine.for_review() == []


async def test_two_shadows_count_a_message_once(machine: Machine) -> None:
    candidate = machine.begin()
    machine.does = lambda asked: Did(OTHER, 0.9)
    await machine.say("power bill")
    twin = machine.another()
    await twin.look()
    first = [
        one
        for database in machine.desk.databases
        for one in await database.run(lambda db: process.take(db, candidate.number, load()))
    ]
    assert len(first) == 1
    assert await twin.work() == 1  # the twin is quicker
    late = [process._held(one, Did(OTHER, 0.9), MODEL) for one in first]
    for database in machine.desk.databases:
        assert await database.run(lambda db: process.finish(db, late)) == 0
    assert machine.counts() == {("en", SAME, OTHER): 1} and len(machine.for_review()) == 1


async def test_what_waited_for_another_candidate_is_dropped(machine: Machine) -> None:
    machine.begin()
    await machine.say("power bill")
    write(machine.desk.inbox, "UPDATE shadow_messages SET candidate = 99")
    await machine.compare()
    assert machine.rows("SELECT 1 FROM shadow_messages") == [] and machine.counts() == {}


async def test_what_cannot_be_read_is_dropped(machine: Machine) -> None:
    machine.begin()
    await machine.say("power bill")
    write(machine.desk.inbox, "UPDATE shadow_messages SET payload = 'nonsense'")
    await machine.compare()
    assert machine.rows("SELECT 1 FROM shadow_messages") == [] and machine.counts() == {}


async def test_figures_of_a_run(machine: Machine) -> None:
    candidate = machine.begin()
    does = {"a": Did(SAME), "b": Did(OTHER), "c": Did("clarify"), "d": Did(OTHER)}
    machine.does = lambda asked: does[asked.item.text[0]]
    keys = {"a": "te", "b": "te", "c": "hi", "d": "te-Latn"}
    texts = ["a1", "a2", "a3", "b1", "b2", "c1", "d1"]
    await machine.say(*texts, told=lambda heard: understood(heard.text, key=keys[heard.text[0]]))
    assert await machine.compare() == 7
    found = figures_of(machine.desk.databases, candidate.number, 10)
    assert (found.all.seen, found.all.otherwise) == (7, 4)
    assert [(one.key, one.seen, one.otherwise) for one in found.keys] == [
        *(("hi", 1, 1), ("te", 5, 2), ("te-Latn", 1, 1)),
    ]
    low, high = found.all.interval
    assert low < found.all.share == 4 / 7 < high
    assert [(one.live, one.other, one.count) for one in found.pairs] == [
        *((SAME, OTHER, 3), (SAME, "clarify", 1)),
    ]
    assert len(figures_of(machine.desk.databases, candidate.number, 1).pairs) == 1
    nothing = figures_of(machine.desk.databases, candidate.number + 1, 10)
    assert (nothing.all.seen, nothing.all.share, nothing.all.interval) == (0, 0.0, [0.0, 1.0])


async def test_a_database_that_is_away_is_told_and_asked_again(machine: Machine) -> None:
    machine.begin()
    await machine.shadow.look()
    assert machine.shadow.trouble == "" and machine.model == MODEL
    here = machine.shadow._live

    def away() -> str | None:
        raise DatabaseAway("gone")

    machine.shadow._live = away
    await machine.shadow.look()
    assert "DatabaseAway" in machine.shadow.trouble
    machine.shadow._live = here
    await machine.shadow.look()
    assert machine.shadow.trouble == ""


async def test_while_one_database_is_away_the_others_go_on(machine: Machine) -> None:
    machine.begin()
    await machine.say(*(f"power bill {number}" for number in range(6)))
    await machine.shadow.look()
    first, *others = machine.desk.databases
    here = sum(database.look(process.depth) for database in others)

    class Away:
        async def run(self, work: object) -> object:
            raise DatabaseAway("gone")

        read = run

    machine.shadow._databases = (Away(), *others)  # type: ignore[assignment]
    done = 0
    while more := await machine.shadow.work():
        done += more
    assert done == here and "DatabaseAway" in machine.shadow.trouble
    machine.shadow._databases = (first, *others)
    assert await machine.compare() == 6 - here


async def test_it_finishes_what_it_has_in_hand(machine: Machine) -> None:
    machine.begin()
    await machine.say("power bill")
    await machine.shadow.look()
    stop = asyncio.Event()

    def ask_to_stop(asked: object) -> Did:
        stop.set()
        return Did(SAME, 0.9)

    machine.does = ask_to_stop
    await machine.shadow.run(stop)
    assert machine.counts() == {("en", SAME, SAME): 1}


async def test_delete_my_data_deletes_what_waits(machine: Machine) -> None:
    machine.begin()
    await machine.say("power bill", "bus to Tirupati")
    await machine.desk.inbox.put([message(1, "delete my data", "IN.10")])
    [claim] = await machine.desk.inbox.claim("w")
    await machine.desk.inbox.ack(claim, (), "en", "1", (ERASE,))
    left = [row["who"] for row in machine.rows("SELECT who FROM shadow_messages")]
    assert left == [named(f"{PHONE_ID}:IN.11")]


async def test_delete_my_data_deletes_a_difference_on_its_card(machine: Machine) -> None:
    machine.begin()
    machine.does = lambda asked: Did(f"route:{BUS}", 0.9)
    await machine.say("power bill")
    await machine.compare()
    await asyncio.to_thread(machine.desk.file)
    await machine.desk.inbox.put([message(1, "delete my data", "IN.10")])
    [claim] = await machine.desk.inbox.claim("w")
    await machine.desk.inbox.ack(claim, (), "en", "1", (ERASE,))
    await asyncio.to_thread(machine.desk.file)
    assert machine.desk.review.queue("a") == []
    assert machine.counts() == {("en", SAME, f"route:{BUS}"): 1}  # of nobody


async def test_what_nobody_took_goes_with_the_purge(machine: Machine) -> None:
    day = 86400.0
    machine.begin()
    await machine.say("an old one")
    machine.desk.clock.now += 23 * 3600
    await machine.say("a new one")
    machine.desk.clock.now += 2 * 3600
    await machine.desk.inbox.purge(14 * day, 90 * day, 90 * day)
    assert len(machine.rows("SELECT 1 FROM shadow_messages")) == 1
    assert await machine.compare() == 1
    machine.candidates.end(MODEL, "Anita", "enough")
    machine.desk.clock.now += 91 * day
    await machine.desk.inbox.purge(14 * day, 90 * day)
    assert len(machine.counts()) == 1
    await machine.desk.inbox.purge(14 * day, 90 * day, 90 * day)
    assert machine.counts() == {} and machine.rows("SELECT 1 FROM shadow_candidates") == []


async def test_how_many_wait_is_never_told_too_low(machine: Machine) -> None:
    """By two look-ups, also where some of them are gone."""
    machine.begin()
    await machine.say(*(f"power bill {number}" for number in range(9)))
    write(machine.desk.inbox, "DELETE FROM shadow_messages WHERE seq = 3")
    count = "SELECT COUNT(*) FROM shadow_messages"
    for database in machine.desk.databases:
        real = database.look(lambda db: db.execute(count).fetchone())
        assert real[0] <= database.look(process.depth) <= 9


def test_the_review_knows_the_reason() -> None:
    assert load_rules().reasons[DISAGREEMENT] > 0
