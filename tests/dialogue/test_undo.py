"""A switch to another service is taken back at once, and cancel needs words of cancelling."""

from __future__ import annotations

import pytest

from actions.dialogue.state import RESUME, State
from tests.dialogue.talk import Talk

KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
BILL = {"intent": "electricity_bill_view", "kind": "route"}
OUTAGE = {"intent": "electricity_supply_failure_complaint", "kind": "route", "confidence": 0.97}
BUS = {"intent": "rtc_ticket_booking", "kind": "route", "confidence": 0.97}
NO = dict(zip(KEYS, ("కాదు", "kadu", "नहीं", "nahi", "no")))
BACK = dict(zip(KEYS, ("వెనక్కి వెళ్ళండి", "venakki vellandi", "वापस जाइए", "wapas jao", "go back")))
NOT_THAT = dict(zip(KEYS, ("నేను అది అడగలేదు", "idi kadu", "ये नहीं चाहिए", "ye nahi", "no no go back")))
NAMED = dict(
    zip(
        KEYS,
        (
            "మళ్ళీ కరెంటు దానికి వెళ్దాం",
            "karentu daniki venakki vellandi",
            "बिजली वाले पर वापस चलो",
            "bijli wale par wapas chalo",
            "no no go back to electricity",
        ),
    )
)
MORE = dict(
    zip(
        KEYS,
        (
            "రేపు తిరుపతికి బస్సు టికెట్ కావాలి",
            "repu tirupati ki bus ticket kavali",
            "कल तिरुपति की बस का टिकट चाहिए",
            "kal tirupati ki bus ka ticket chahiye",
            "tomorrow I need a bus ticket to Tirupati",
        ),
    )
)


async def switched(talk: Talk, key: str) -> str:
    """From a bill, of which the number is asked, to a bus; the question of the bill."""
    talk.state = State(language=key.split("-")[0])
    await talk.say("my bill", key=key, **BILL)
    question = talk.said[-1].text
    await talk.say(MORE[key], key=key, **BUS)
    assert talk.state.service == "rtc_ticket_booking" and talk.open
    return question


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("words", [NO, BACK, NOT_THAT, NAMED])
async def test_a_switch_is_undone_at_once(talk: Talk, key: str, words: dict[str, str]) -> None:
    """The old request goes on with its question; what was begun by mistake is not kept."""
    question = await switched(talk, key)
    deny = {"intent": "deny", "kind": "conversation"} if words is NO else {}
    await talk.say(words[key], key=key, **deny)
    assert talk.state.service == "electricity_bill_view"
    assert talk.state.asked == "service_number" and talk.said[-1].text == question
    assert talk.state.attempts == 0 and not talk.state.kept


@pytest.mark.parametrize("key", KEYS)
async def test_a_named_request_is_gone_on_with_later(talk: Talk, key: str) -> None:
    """Also after an answer to the other one, which is then kept."""
    await switched(talk, key)
    await talk.say("విజయవాడ" if key == "te" else "vijayawada", key=key, sure=0.0)
    await talk.say(NAMED[key], key=key, **OUTAGE)
    assert talk.state.service == "electricity_bill_view"
    assert [one.service for one in talk.state.kept] == ["rtc_ticket_booking"]


@pytest.mark.parametrize("key", KEYS)
async def test_no_is_undoing_only_at_once(talk: Talk, key: str) -> None:
    """After an answer to the new question the citizen is in the new request."""
    await switched(talk, key)
    await talk.say("విజయవాడ" if key == "te" else "vijayawada", key=key, sure=0.0)
    await talk.say(NO[key], key=key, intent="deny", kind="conversation")
    assert talk.state.service == "rtc_ticket_booking"


async def test_the_words_go_back_to_the_question_they_answered(talk: Talk) -> None:
    """What told a value of the old request is not lost."""
    talk.state = State(language="en")
    await talk.say("bus from Vijayawada to Tirupati", key="en", **BUS)
    assert talk.state.asked == "travel_date"
    await talk.say(
        "going to the temple with three people", intent="temple_darshan_booking", kind="route"
    )
    assert talk.state.service == "temple_darshan_booking"
    await talk.say("not that", key="en")
    assert talk.state.service == "rtc_ticket_booking"
    assert talk.state.values["passenger_count"] == "3" and talk.state.asked == "travel_date"


async def test_a_tapped_service_is_undone_without_words(talk: Talk) -> None:
    """A tap answers no question."""
    talk.state = State(language="en")
    await talk.say("my bill", key="en", **BILL)
    await talk.say(
        "anna canteen", key="en", intent="rtc_ticket_booking", kind="route", confidence=1
    )
    assert (talk.state.asked or "").startswith("switch/")
    await talk.tap('"rtc_ticket_booking"')
    await talk.say("go back", key="en")
    assert talk.state.asked == "service_number" and talk.state.values == {}


@pytest.mark.parametrize("key", KEYS)
async def test_going_back_to_what_was_left_when_the_other_is_done(talk: Talk, key: str) -> None:
    """The offer to go on is taken by "go back", too."""
    await switched(talk, key)
    await talk.say("cancel", key=key, intent="cancel", kind="conversation")
    assert talk.state.asked == RESUME
    await talk.say(BACK[key], key=key)
    assert talk.state.service == "electricity_bill_view" and talk.open


NO_CANCEL = dict(zip(KEYS, ("సోమవారం", "somavaram", "सोमवार", "somvar", "monday")))


@pytest.mark.parametrize("key", KEYS)
async def test_an_unknown_word_never_cancels(talk: Talk, key: str) -> None:
    """However sure the understanding is."""
    cancel = {"intent": "cancel", "kind": "conversation", "confidence": 0.99}
    await talk.say("my bill", key=key, **BILL)
    await talk.say(NO_CANCEL[key], key=key, **cancel)
    assert talk.open and talk.state.service == "electricity_bill_view"


async def test_an_unknown_word_is_nothing_to_stop(talk: Talk) -> None:
    """A bare "bus" was answered with "nothing to stop"."""
    await talk.say("bus", key="en", intent="cancel", kind="conversation", confidence=0.99)
    assert talk.text != talk.form.catalogue.phrases["nothing_to_cancel"]["en"]


LEAVE = [("te", "వదిలేయండి"), ("te-Latn", "vadileyandi"), ("hi", "छोड़ दो"), ("hi-Latn", "chhod do")]


@pytest.mark.parametrize(("key", "words"), LEAVE)
async def test_leave_it_is_no_cancel_where_an_answer_is_needed(
    talk: Talk, key: str, words: str
) -> None:
    """It may mean the question: the citizen is told how to stop everything."""
    await talk.say("my bill", key=key, **BILL)
    await talk.say(words, key=key, intent="cancel", kind="conversation")
    language = talk.state.language
    assert talk.said[0].text == talk.form.catalogue.phrases["not_skipped"][language]
    assert talk.state.asked == "service_number"


@pytest.mark.parametrize(("key", "words"), LEAVE)
async def test_leave_it_skips_what_nobody_must_answer(talk: Talk, key: str, words: str) -> None:
    """As its button does."""
    await talk.say("complaint about a bus", key="en", intent="rtc_complaint", kind="route")
    while talk.form.asked_slot(talk.state).required:
        await talk.say("the bus from Guntur to Tenali", key="en", sure=0.0)
    asked = talk.state.asked
    await talk.say(words, key=key, intent="cancel", kind="conversation")
    assert talk.open and talk.state.asked != asked
