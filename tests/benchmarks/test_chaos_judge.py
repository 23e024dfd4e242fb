"""The judge of `seva benchmark chaos` sees each kind of violation, and nothing where none is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.upheaval.facts import Facts, Kill, Outage, Request, Said, Send, Write
from benchmarks.upheaval.judge import KINDS, Rules, Verdict, judged

ME = "919800000001"
SORRY, BUSY, KNOWN = "sorry", "department is away", "we have it already"


def said(number: int, at: float = 0.0, **more: object) -> Said:
    """The message with this number, written and taken in the order of the numbers."""
    at = at or 100.0 + 10 * number
    facts = {"posted": at, "taken": at + 0.1, "delivery": number, **more}
    return Said(f"m{number}", ME, 1000 + number, f"text {number}", "chat", **facts)  # type: ignore[arg-type]


def send(number: int, at: float, text: str = "answer", step: int = 0) -> Send:
    """An answer to the message with this number."""
    return Send(at, f"out-{at}", f"m{number}:{step}", ME, text)


def apology(text: str) -> str:
    return {SORRY: "internal_error", BUSY: "unavailable"}.get(text, "")


def fitting(text: str, language: str, own: object) -> list[str]:
    return [f"not {language}"] if text == "ఔను" and language != "te" else []


RULES = Rules(
    apologies=apology,
    excused={"unavailable": ("sandbox", "energy")},
    refused_as_double=lambda text: text == KNOWN,
    fitting=fitting,
)


def verdict(**facts: object) -> Verdict:
    return judged(Facts(**facts), RULES)  # type: ignore[arg-type]


def broken(found: Verdict) -> dict[str, int]:
    """Kinds that were seen, and how often."""
    return {kind: found.count(kind) for kind in KINDS if found.count(kind)}


REQUEST = Request("r1", ME, "fault", "energy", "report", {}, "here", ["m1"])
WRITE = Write("energy", "report", "STL1", "here")


def booked(
    writes: list[Write], told: str = "STL1", requests: list[Request] | None = None
) -> Verdict:
    """The verdict where one request was confirmed by the first message."""
    made = [REQUEST] if requests is None else requests
    return verdict(said=[said(1)], sends=[send(1, 112, told)], requests=made, writes=writes)


def test_all_is_well() -> None:
    found = verdict(
        said=[said(1), said(2)],
        sends=[send(1, 111), send(1, 112, step=1), send(2, 121)],
        requests=[replace(REQUEST, confirmed=[])],
    )
    assert broken(found) == {}
    assert found.waits == [1, 1]


def test_message_without_an_answer_is_lost() -> None:
    assert broken(verdict(said=[said(1)], sends=[])) == {"lost": 1}


def test_message_that_was_never_taken_is_not_lost() -> None:
    assert broken(verdict(said=[said(1, taken=None)], sends=[])) == {}


def test_send_without_a_message_is_seen_and_news_are_not() -> None:
    stray, news = send(9, 111), replace(send(9, 112), tracker="notice/working-1:0")
    found = verdict(said=[], sends=[stray, news])
    assert broken(found) == {"replies_to_nothing": 1}
    assert found.news == 1


# --- once ---------------------------------------------------------------------------------------

WORKER_DIED = Kill(111.2, "worker-1", 120)


@pytest.mark.parametrize(
    ("facts", "doubled"),
    [
        ({}, 1),
        ({"kills": [WORKER_DIED]}, 0),
        ({"kills": [replace(WORKER_DIED, process="whatsapp")]}, 0),
        ({"kills": [replace(WORKER_DIED, process="serve")]}, 1),
        ({"kills": [replace(WORKER_DIED, at=90)]}, 1),
        ({"kills": [replace(WORKER_DIED, at=118)]}, 1),
        ({"kills": [WORKER_DIED], "told": {"m1:0": [115.0]}}, 1),
        ({"kills": [WORKER_DIED], "told": {"m1:0": [121.0]}}, 0),
        ({"broken": frozenset({"m1:0"})}, 0),
        ({"broken": frozenset({"m2:0"})}, 1),
    ],
)
def test_answer_sent_again_is_doubled_unless_it_was_in_doubt(
    facts: dict[str, object], doubled: int
) -> None:
    found = verdict(said=[said(1)], sends=[send(1, 111), send(1, 120)], **facts)
    assert found.count("doubled_replies") == doubled
    assert len(found.in_doubt) == 1 - doubled


def test_other_words_are_never_in_doubt() -> None:
    sends = [send(1, 111), send(1, 120, "another answer")]
    found = verdict(said=[said(1)], sends=sends, kills=[WORKER_DIED])
    assert broken(found) == {"doubled_replies": 1}


# --- in order -----------------------------------------------------------------------------------


def test_earlier_message_that_was_there_is_answered_first() -> None:
    found = verdict(said=[said(1), said(2)], sends=[send(2, 121), send(1, 122)])
    assert broken(found) == {"order_violations": 1}


def test_earlier_message_that_came_later_may_be_overtaken() -> None:
    late = said(1, at=120.5)
    found = verdict(said=[late, said(2)], sends=[send(2, 121), send(1, 122)])
    assert broken(found) == {}
    assert found.overtaken == 1


@pytest.mark.parametrize(("begun", "violations"), [(121.0, 0), (127.0, 1), (None, 1)])
def test_turn_that_begins_after_the_earlier_message_came_is_out_of_order(
    begun: float | None, violations: int
) -> None:
    """Without any sign of its beginning, the turn is taken to begin as it is answered."""
    signs = {} if begun is None else {"m2": begun}
    late = said(1, at=120.5)
    sends = [send(2, 130), send(1, 131)]
    found = verdict(said=[late, said(2)], sends=sends, begun=signs)
    assert found.count("order_violations") == violations


@pytest.mark.parametrize(("process", "violations"), [("whatsapp", 0), ("worker-1", 1)])
def test_while_whatsapp_is_dead_no_turn_shows_that_it_begins(process: str, violations: int) -> None:
    kills = [Kill(120.6, process, 122), Kill(123, process, 124)]
    late, sends = said(1, at=120.8), [send(2, 128), send(1, 129)]
    found = verdict(said=[late, said(2)], sends=sends, begun={"m2": 127.0}, kills=kills)
    assert found.count("order_violations") == violations


def test_messages_of_one_delivery_are_answered_by_their_timestamps() -> None:
    together = [said(1, at=120, delivery=7), said(2, at=120, delivery=7)]
    found = verdict(said=together, sends=[send(2, 121), send(1, 122)], begun={"m2": 120.2})
    assert broken(found) == {"order_violations": 1}


def test_arrival_breaks_ties() -> None:
    first, second = said(1), said(2)
    second.written = first.written
    swapped = [send(2, 121), send(1, 122)]
    assert verdict(said=[first, second], sends=swapped).count("order_violations") == 1
    second.posted = first.posted
    assert verdict(said=[first, second], sends=swapped).count("order_violations") == 0


def test_nothing_earlier_is_sent_again_after_something_later() -> None:
    sends = [send(1, 111), send(2, 121), send(1, 122)]
    found = verdict(said=[said(1), said(2)], sends=sends, broken=frozenset({"m1:0"}))
    assert broken(found) == {"order_violations": 1}


def test_parts_of_an_answer_keep_their_order() -> None:
    found = verdict(said=[said(1)], sends=[send(1, 111, step=1), send(1, 112, step=0)])
    assert broken(found) == {"order_violations": 1}


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "absence", "causeless"),
    [
        (SORRY, {}, 1),
        (SORRY, {"kills": [Kill(110, "sandbox", 112)]}, 1),
        (BUSY, {}, 1),
        (BUSY, {"kills": [Kill(110.5, "sandbox", 111)]}, 0),
        (BUSY, {"kills": [Kill(60, "sandbox", 65)]}, 1),
        (BUSY, {"kills": [Kill(110.5, "worker-1", 111)]}, 1),
        (BUSY, {"outages": [Outage("down", "energy", 90, 105)]}, 0),
        (BUSY, {"outages": [Outage("down", "energy", 115, 120)]}, 1),
    ],
)
def test_apology_needs_a_cause(text: str, absence: dict[str, object], causeless: int) -> None:
    found = verdict(said=[said(1)], sends=[send(1, 112, text)], **absence)
    assert found.count("causeless_apologies") == causeless
    assert found.excused == 1 - causeless


@pytest.mark.parametrize(
    ("languages", "wrong"), [({"te"}, 0), ({"hi"}, 1), ({"hi", "te"}, 0), ((), 0)]
)
def test_answer_is_in_the_language_of_the_citizen(languages: set[str], wrong: int) -> None:
    message = said(1, languages=frozenset(languages))
    assert verdict(said=[message], sends=[send(1, 111, "ఔను")]).count("wrong_language") == wrong


# --- books --------------------------------------------------------------------------------------


def test_confirmed_request_is_in_the_books_once() -> None:
    assert broken(booked([WRITE])) == {}


def test_confirmed_request_that_is_not_in_the_books() -> None:
    assert broken(booked([])) == {"lost_writes": 1}


def test_confirmed_request_that_is_there_twice() -> None:
    assert broken(booked([WRITE, replace(WRITE, reference="STL2")])) == {"doubled_writes": 1}


def test_department_that_refuses_the_second_shows_that_it_was_asked_twice() -> None:
    found = verdict(
        said=[said(1)],
        sends=[send(1, 112, KNOWN), send(1, 113, "STL1", step=1)],
        requests=[REQUEST],
        writes=[WRITE],
    )
    assert broken(found) == {"doubled_writes": 1}


def test_write_that_nobody_confirmed() -> None:
    nobody = replace(WRITE, mark="elsewhere")
    assert broken(booked([WRITE, nobody])) == {"unconfirmed_writes": 1}
    dropped = replace(REQUEST, id="r2", mark="elsewhere", confirmed=[])
    assert broken(booked([WRITE, nobody], requests=[REQUEST, dropped])) == {"unconfirmed_writes": 1}


def test_write_that_the_citizen_was_never_told_of() -> None:
    assert broken(booked([WRITE], told="thank you")) == {"untold_writes": 1}
