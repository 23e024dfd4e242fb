"""A bus is chosen by its time and kind, with its price, before anything is booked."""

from __future__ import annotations

import pytest

from actions.departments import OperationResult
from actions.dialogue.state import CHANGE, CONFIRM
from tests.dialogue.talk import Talk

BUS = {"kind": "route", "intent": "rtc_ticket_booking"}
FULL = "book bus ticket from vijayawada to tirupati tomorrow for 2 people"
ALL = OperationResult(
    "ok",
    {
        "values": "B0630\nB2100\nB2200",
        "titles": "6:30 AM · ₹910\n9:00 PM · ₹1,547\n10:00 PM · ₹2,002",
        "abouts": "Express\nIndra AC\nVennela AC sleeper",
    },
)
AC = OperationResult(
    "ok",
    {
        "values": "B2100\nB2200",
        "titles": "9:00 PM · ₹1,547\n10:00 PM · ₹2,002",
        "abouts": "Indra AC\nVennela AC sleeper",
    },
)
QUOTE = OperationResult(
    "ok",
    {
        "bus_name": "Indra AC",
        "departs": "26-11-2026 9:00 PM",
        "seat_fare": "1,547",
        "total_fare": "3,094",
    },
)
KINDS = [
    ("te", "ఏసీ బస్సు కావాలి"),
    ("te-Latn", "ac bus kavali"),
    ("hi", "एसी बस चाहिए"),
    ("hi-Latn", "ac wali bus chahiye"),
    ("en", "an AC bus"),
]
TIMES = [
    ("te", "రాత్రి 9 గంటలకు", "21:00"),
    ("te-Latn", "ratri 9 gantalaku", "21:00"),
    ("hi", "रात 9 बजे", "21:00"),
    ("hi-Latn", "raat 9 baje", "21:00"),
    ("en", "9 pm", "21:00"),
]


def listed(talk: Talk) -> list[dict[str, str]]:
    """What the department was asked for each time."""
    return [values for name, values, _, _ in talk.department.calls if name == "listBuses"]


async def asked_which(talk: Talk) -> Talk:
    """Up to the question which bus."""
    talk.department.results["listBuses"] = [ALL, AC]
    talk.department.results["quoteTicket"] = [QUOTE]
    await talk.say(FULL, key="en", **BUS)
    assert talk.state.asked == "bus"
    return talk


async def test_buses_are_rows_with_time_price_and_kind(talk: Talk) -> None:
    """And one row takes the first that comes."""
    await asked_which(talk)
    rows = [(row.title, row.description) for row in talk.buttons]
    assert rows[1] == ("9:00 PM · ₹1,547", "Indra AC") and len(rows) == 4
    assert all(len(title) <= 24 for title, _ in rows)


async def test_the_price_is_told_before_the_yes(talk: Talk) -> None:
    """For all who travel, with the bus that was tapped."""
    await asked_which(talk)
    await talk.tap("B2100")
    await talk.say("9848012345", key="en", sure=0.0)
    assert talk.state.asked == CONFIRM
    assert "₹3,094" in talk.text and "9:00 PM" in talk.text and "Indra AC" in talk.text
    assert "bookTicket" not in [call[0] for call in talk.department.calls]
    await talk.tap('"yes"')
    assert talk.department.calls[-1][1]["bus"] == "B2100"


@pytest.mark.parametrize(("key", "words"), KINDS)
async def test_a_kind_in_words_lists_those(talk: Talk, key: str, words: str) -> None:
    """In answer to the question which bus."""
    await asked_which(talk)
    await talk.say(words, key=key)
    assert talk.state.asked == "bus" and listed(talk)[-1]["bus_kind"] == "ac"
    assert [row.title for row in talk.buttons][:2] == ["9:00 PM · ₹1,547", "10:00 PM · ₹2,002"]


@pytest.mark.parametrize(("key", "words", "time"), TIMES)
async def test_a_time_in_words_lists_those(talk: Talk, key: str, words: str, time: str) -> None:
    """The department is asked for buses about then."""
    await asked_which(talk)
    await talk.say(words, key=key)
    assert listed(talk)[-1]["bus_time"] == time


async def test_a_kind_in_the_first_sentence_is_not_ignored(talk: Talk) -> None:
    """AC is asked of the department; nobody asks the citizen again."""
    talk.department.results["listBuses"] = [AC]
    await talk.say("AC bus from vijayawada to tirupati tomorrow for 2 people", key="en", **BUS)
    assert listed(talk)[0]["bus_kind"] == "ac" and talk.state.asked == "bus"


async def test_where_none_is_as_wished_that_is_said(talk: Talk) -> None:
    """And the others are offered."""
    talk.department.results["listBuses"] = [OperationResult("other_buses", ALL.fields)]
    await talk.say("AC bus from vijayawada to tirupati tomorrow for 2 people", key="en", **BUS)
    replies = talk.form.catalogue.services["rtc_ticket_booking"].replies
    assert replies["other_buses"]["en"] in talk.text and talk.state.asked == "bus"


async def test_another_day_lists_the_buses_anew(talk: Talk) -> None:
    """What was chosen for a day is not booked for another."""
    await asked_which(talk)
    await talk.tap("B0630")
    await talk.say("no, the date is 28-11-2026", key="en")
    assert "bus" not in talk.state.values and listed(talk)[-1]["travel_date"] == "2026-11-28"


@pytest.mark.parametrize("outcome", ["no_bus", "full"])
async def test_where_there_is_no_bus_something_can_be_changed(talk: Talk, outcome: str) -> None:
    """Said before more is asked, and the request stays open: another day is taken at once."""
    talk.department.results["listBuses"] = [OperationResult(outcome), ALL]
    await talk.say(FULL, key="en", **BUS)
    assert talk.state.asked == CHANGE and len(talk.said) > 1
    await talk.say("28-11-2026", key="en")
    assert talk.state.asked == "bus" and talk.state.values["travel_date"] == "2026-11-28"


async def test_the_only_bus_is_taken(talk: Talk) -> None:
    """Nobody is asked to choose from one."""
    one = {name: text.split("\n")[0] for name, text in ALL.fields.items()}
    talk.department.results["listBuses"] = [OperationResult("ok", one)]
    await talk.say(FULL, key="en", **BUS)
    assert talk.state.asked == "mobile_number" and talk.state.values["bus"] == "B0630"


async def test_a_draft_keeps_what_was_offered(talk: Talk) -> None:
    """Another request in between: the bus that was chosen is shown as it was."""
    await asked_which(talk)
    await talk.tap("B2100")
    canteen = {"kind": "route", "intent": "anna_canteen_locations", "confidence": 0.97}
    await talk.say("where is an anna canteen in Vijayawada", key="en", **canteen)
    await talk.tap('"go_on"')
    await talk.say("9848012345", key="en", sure=0.0)
    assert talk.state.asked == CONFIRM and "9:00 PM · ₹1,547" in talk.text


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "ఏదైనా పర్లేదు"),
        ("te-Latn", "edaina parledu"),
        ("hi", "कोई भी"),
        ("hi-Latn", "koi bhi"),
        ("en", "any bus"),
    ],
)
async def test_whoever_does_not_mind_gets_the_first(talk: Talk, key: str, words: str) -> None:
    """The department says which that is, with its price."""
    await asked_which(talk)
    await talk.say(words, key=key)
    assert talk.state.asked == "mobile_number" and talk.state.values["bus"] == "first"
