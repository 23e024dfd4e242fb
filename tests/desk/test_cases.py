"""What officers do with requests, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from actions.citizens.handover import Handovers
from actions.citizens.handover_tables import HANDOVERS, TALK
from actions.citizens.handover_talk import CITIZEN as OF_CITIZEN
from actions.citizens.handover_talk import EVENT, NOTE, OFFICER, SEVA
from actions.desk.cases import PAGE, NotYours, Officer
from actions.desk.place import Desk
from tests.desk.outbox import CITIZEN, ENERGY, HELP, OTHER, REVENUE, opened

BOTH = Officer("b1", frozenset({"energy", "revenue"}))


def phrases(desk: Desk, number: str, kind: str = SEVA) -> list[str]:
    return [
        one.said.get("phrase", "") for one in desk.handovers.talk.last(number) if one.kind == kind
    ]


def numbers(desk: Desk, officer: Officer, state: str) -> list[str]:
    return [case.number for case in desk.cases.list(officer, state).cases]


def test_one_of_two_officers_gets_it(desk: Desk) -> None:
    """However often both try at the same moment, and the citizen is told once."""
    for attempt in range(8):
        number = opened(desk.handovers, f"n{attempt}", f"109:IN.{attempt}")

        def claim(officer: Officer, number: str = number) -> str:
            try:
                desk.cases.claim(number, officer)
            except NotYours as error:
                return error.why
            return officer.id

        with ThreadPoolExecutor(2) as pool:
            told = sorted(pool.map(claim, (ENERGY, OTHER)))
        owner = desk.handovers.case(number).officer
        assert told == sorted([str(owner), "taken"])
        assert phrases(desk, number) == ["taken_over"]


def test_a_claim_repeated_changes_nothing(desk: Desk) -> None:
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    before = desk.handovers.talk.last(number)
    desk.cases.claim(number, ENERGY)
    assert desk.handovers.talk.last(number) == before


def test_what_another_holds_is_theirs(desk: Desk) -> None:
    number = opened(desk.handovers)
    for change in (
        lambda: desk.cases.say(number, OTHER, "hello", "name-0001"),
        lambda: desk.cases.release(number, OTHER),
        lambda: desk.cases.transfer(number, OTHER, "revenue", ""),
        lambda: desk.cases.close(number, OTHER, "done"),
    ):
        with pytest.raises(NotYours, match="not_claimed"):
            change()
    desk.cases.claim(number, ENERGY)
    for change in (
        lambda: desk.cases.claim(number, OTHER),
        lambda: desk.cases.say(number, OTHER, "hello", "name-0001"),
        lambda: desk.cases.close(number, OTHER, "done"),
    ):
        with pytest.raises(NotYours, match="taken"):
            change()
    desk.cases.close(number, ENERGY, "done")
    with pytest.raises(NotYours, match="closed"):
        desk.cases.claim(number, OTHER)


@pytest.mark.parametrize("stranger", [REVENUE, HELP, Officer("x", frozenset())])
def test_other_departments_see_nothing(desk: Desk, stranger: Officer) -> None:
    """Neither in lists, nor by number, nor by trying to change it."""
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    for state in ("waiting", "mine", "claimed", "closed"):
        assert numbers(desk, stranger, state) == []
        assert desk.cases.count(stranger, state) == 0
    assert desk.cases.list(stranger, "claimed", "energy").cases == []
    for change in (
        lambda: desk.cases.one(number, stranger),
        lambda: desk.cases.claim(number, stranger),
        lambda: desk.cases.say(number, stranger, "x", "name-0001"),
        lambda: desk.cases.note(number, stranger, "x", "name-0002"),
        lambda: desk.cases.transfer(number, stranger, "revenue", ""),
        lambda: desk.cases.release(number, stranger),
        lambda: desk.cases.close(number, stranger, "done"),
    ):
        with pytest.raises(KeyError):
            change()
    assert desk.handovers.case(number).officer == ENERGY.id


def test_a_wish_for_no_department_is_for_the_help_desk(desk: Desk) -> None:
    number = opened(desk.handovers, service="", department="")
    assert numbers(desk, ENERGY, "waiting") == []
    assert numbers(desk, HELP, "waiting") == [number]


def test_given_back_it_waits_for_anybody(desk: Desk) -> None:
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    desk.cases.release(number, ENERGY)
    case = desk.handovers.case(number)
    assert (case.state, case.officer, case.talking) == ("waiting", None, False)
    assert phrases(desk, number) == ["taken_over", "given_back"]
    desk.cases.claim(number, OTHER)
    assert desk.handovers.case(number).talking


def test_a_transfer_takes_the_note_along(desk: Desk) -> None:
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    desk.cases.transfer(number, ENERGY, "revenue", "needs an income certificate")
    with pytest.raises(KeyError):
        desk.cases.one(number, ENERGY)
    assert numbers(desk, REVENUE, "waiting") == [number]
    desk.cases.claim(number, REVENUE)
    notes = [one for one in desk.handovers.talk.last(number) if one.kind == NOTE]
    assert [(one.officer, one.said["text"]) for one in notes] == [
        (ENERGY.id, "needs an income certificate")
    ]
    assert phrases(desk, number) == ["taken_over", "moved", "taken_over"]


def test_closed_asks_once_how_it_was(desk: Desk) -> None:
    """Also where the request comes again and is closed again."""
    number = opened(desk.handovers)
    for again in range(2):
        desk.cases.claim(number, ENERGY)
        desk.cases.close(number, ENERGY, "done")
        case = desk.handovers.case(number)
        assert (case.state, case.reason, case.talking) == ("closed", "done", False)
        assert case.ended is not None
        assert opened(desk.handovers) == number, f"the same request, {again}"
        assert desk.handovers.case(number).state == "waiting"
    asked = [one.said.get("rate") for one in desk.handovers.talk.last(number)]
    assert asked.count(True) == 1


def test_only_the_citizen_rates(desk: Desk) -> None:
    number = opened(desk.handovers)
    assert not desk.cases.rate(number, "109:IN.other", 1)
    assert desk.handovers.case(number).rating is None
    assert desk.cases.rate(number, CITIZEN, 3) and desk.cases.rate(number, CITIZEN, 2)
    assert desk.handovers.case(number).rating == 2


def test_a_citizen_talks_with_one_officer_at_a_time(desk: Desk) -> None:
    first, second = opened(desk.handovers), opened(desk.handovers, "n2", department="revenue")
    desk.cases.claim(first, ENERGY)
    desk.cases.claim(second, REVENUE)
    assert not desk.handovers.case(second).talking
    with pytest.raises(NotYours, match="elsewhere"):
        desk.cases.say(second, REVENUE, "hello", "name-0001")
    desk.cases.close(first, ENERGY, "done")
    desk.cases.say(second, REVENUE, "hello", "name-0001")
    assert desk.handovers.case(second).talking
    kinds = [one.kind for one in desk.handovers.talk.last(second)]
    assert kinds == [EVENT, EVENT, SEVA, OFFICER], "claimed, elsewhere, told, and the words"


def test_the_same_words_are_kept_once(desk: Desk) -> None:
    """A form that is sent twice."""
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    for _ in range(2):
        desk.cases.say(number, ENERGY, "hello", "name-0001")
        desk.cases.note(number, ENERGY, "for us", "name-0002")
    said = [one.said["text"] for one in desk.handovers.talk.last(number) if "text" in one.said]
    assert said == ["hello", "for us"]


def test_nobody_misses_an_entry(desk: Desk) -> None:
    """Officers and citizen speak at once; each place is given once, in the order of the talk."""
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)

    def speak(which: int) -> None:
        if which % 2:
            desk.cases.say(number, ENERGY, f"{which}", f"name-{which:04}")
        else:
            words = {"text": f"{which}"}
            assert desk.handovers.talk.heard(number, CITIZEN, f"m{which}", words, 1.0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(speak, range(16)))
    entries = desk.handovers.talk.entries(number, 0)
    places = [one.place for one in entries]
    assert places == sorted(set(places))
    assert {one.said["text"] for one in entries if "text" in one.said} == {
        str(n) for n in range(16)
    }
    assert desk.handovers.talk.entries(number, places[-3]) == entries[-2:]


def test_pages_follow_each_other(desk: Desk) -> None:
    """Also where several were opened at one moment."""
    every = [
        opened(desk.handovers, f"n{n}", f"109:IN.{n}", at=float(n // 3)) for n in range(PAGE + 5)
    ]
    first = desk.cases.list(ENERGY, "waiting")
    second = desk.cases.list(ENERGY, "waiting", None, first.following)
    found = [case.number for case in (*first.cases, *second.cases)]
    assert len(first.cases) == PAGE and second.following is None
    assert sorted(found) == sorted(every)
    with pytest.raises(ValueError, match="elsewhere"):
        desk.cases.list(ENERGY, "elsewhere")


def test_closed_ones_come_the_newest_first(desk: Desk) -> None:
    every = [opened(desk.handovers, f"n{n}", at=float(n)) for n in range(3)]
    for number in every:
        desk.handovers.set_closed(number, closed=True)
    assert numbers(desk, ENERGY, "closed") == every[::-1]


def test_a_request_of_an_older_seva_gets_its_department(desk: Desk) -> None:
    """It left the new columns empty; `department` is not in its record either."""
    number = opened(desk.handovers, department="")
    with desk.handovers.engine.begin() as db:
        db.execute(HANDOVERS.update().values(department=None, mine=None))
    assert numbers(desk, REVENUE, "waiting") == []
    assert numbers(desk, ENERGY, "waiting") == [number]
    assert desk.handovers.case(number).department == "energy"


def test_an_older_seva_that_closes_ends_the_talk(desk: Desk) -> None:
    """It knows nothing of `talker`; the next talk of the citizen is not in its way."""
    number, other = opened(desk.handovers), opened(desk.handovers, "n2")
    desk.cases.claim(number, ENERGY)
    with desk.handovers.engine.begin() as db:
        db.execute(HANDOVERS.update().where(HANDOVERS.c.number == number).values(closed=True))
    assert desk.handovers.talk.of_message(CITIZEN, "m1") is None
    desk.cases.claim(other, OTHER)
    assert desk.handovers.case(other).talking


@pytest.mark.parametrize("old", [False, True])
def test_deleted_with_all_that_was_said(desk: Desk, old: bool) -> None:
    """ "Delete my data", for rows of before too; others keep theirs."""
    mine, other = opened(desk.handovers), opened(desk.handovers, "n2", "109:IN.other")
    for number in (mine, other):
        desk.cases.claim(number, ENERGY)
        desk.cases.say(number, ENERGY, "hello", "name-0001")
    if old:
        with desk.handovers.engine.begin() as db:
            db.execute(HANDOVERS.update().where(HANDOVERS.c.number == mine).values(mine=None))
    desk.handovers.erase(CITIZEN)
    with desk.handovers.engine.connect() as db:
        assert db.execute(sa.select(TALK.c.number).distinct()).scalars().all() == [other]
        assert db.execute(sa.select(HANDOVERS.c.number)).scalars().all() == [other]
    assert desk.handovers.talk.of_message(CITIZEN, "m1") is None


def test_kept_as_long_as_the_request(desk: Desk) -> None:
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    assert desk.handovers.forget(200.0) == (0, 1)
    desk.cases.close(number, ENERGY, "done")
    assert desk.handovers.forget(200.0) == (1, 0)
    with desk.handovers.engine.connect() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(TALK)).scalar() == 0


def test_words_are_sealed(handovers: Handovers, desk: Desk) -> None:
    number = opened(handovers)
    desk.cases.claim(number, ENERGY)
    desk.cases.say(number, ENERGY, "a secret of theirs", "name-0001")
    handovers.talk.heard(number, CITIZEN, "m1", {"text": "my secret"}, 1.0)
    with handovers.engine.connect() as db:
        stored = str(db.execute(sa.select(TALK)).all())
    assert "secret" not in stored and CITIZEN not in stored
    kinds = [one.kind for one in handovers.talk.last(number)]
    assert kinds == [EVENT, SEVA, OFFICER, OF_CITIZEN]


def test_who_left_without_a_word_is_left(desk: Desk) -> None:
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    for _ in range(2):
        desk.cases.abandon(number)
    assert desk.handovers.case(number).state == "waiting"
    assert phrases(desk, number) == ["taken_over", "nobody_there"]


def test_an_officer_of_several_departments_sees_them_all(desk: Desk) -> None:
    energy, revenue = opened(desk.handovers), opened(desk.handovers, "n2", department="revenue")
    assert set(numbers(desk, BOTH, "waiting")) == {energy, revenue}
    only = desk.cases.list(BOTH, "waiting", "revenue")
    assert [case.number for case in only.cases] == [revenue]
    assert desk.cases.count(BOTH, "waiting") == 2
    desk.cases.claim(energy, replace(BOTH, departments=frozenset({"energy"})))
    assert numbers(desk, BOTH, "mine") == [energy]
