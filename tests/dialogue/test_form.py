"""The generic form: what is asked, in which order, and what an answer means."""

from __future__ import annotations

import pytest

from actions.departments import OperationResult
from actions.dialogue.state import CONFIRM, State
from tests.dialogue.talk import Talk

# key, a message that says nothing but the service, one that says all but the mobile number
BUS = [
    (
        "te",
        "బస్ టికెట్ కావాలి",
        "విజయవాడ నుంచి తిరుపతికి రేపు ఇద్దరికి బస్ టికెట్ కావాలి",
    ),
    (
        "te-Latn",
        "bus ticket kavali",
        "vijayawada nunchi tirupati ki repu iddariki bus ticket kavali",
    ),
    (
        "hi",
        "बस का टिकट चाहिए",
        "विजयवाड़ा से तिरुपति के लिए कल दो लोगों का बस टिकट चाहिए",
    ),
    (
        "hi-Latn",
        "bus ka ticket chahiye",
        "vijayawada se tirupati kal do logon ka bus ticket chahiye",
    ),
    (
        "en",
        "I want a bus ticket",
        "bus ticket from Vijayawada to Tirupati tomorrow for two people",
    ),
]
ANSWERS = {
    "te": ["విజయవాడ", "తిరుపతి", "రేపు", "ఇద్దరికి", "౯౮౪౮౦౧౨౩౪౫"],
    "te-Latn": ["vijayawada nunchi", "tirupati ki", "repu", "iddariki", "9848012345"],
    "hi": ["विजयवाड़ा से", "तिरुपति", "कल", "दो लोग", "९८४८०१२३४५"],
    "hi-Latn": ["vijayawada se", "tirupati", "kal", "do log", "9848012345"],
    "en": ["from Vijayawada", "Tirupati", "tomorrow", "two people", "98480 12345"],
}
FILLED = {
    "from_stop": "vijayawada",
    "to_stop": "tirupati",
    "travel_date": "2026-11-26",
    "passenger_count": "2",
}
ORDER = ["from_stop", "to_stop", "travel_date", "passenger_count", "mobile_number"]
BUS_SERVICE = {"intent": "rtc_ticket_booking", "kind": "route"}
BILL = {"intent": "electricity_bill_view", "kind": "route"}
PAY = {"intent": "electricity_bill_payment", "kind": "route"}
NUMBER = {
    "te": "నంబరు ౬౧౨౩౪౦౧౦౦౫౬౭౮",
    "te-Latn": "number 6123401005678",
    "hi": "नंबर ६१२३४०१००५६७८",
    "hi-Latn": "number 6123401005678",
    "en": "number 6123 4010 05678",
}


def reply_language(key: str) -> str:
    """te, hi or en."""
    return key.split("-")[0]


@pytest.mark.parametrize("key", NUMBER)
async def test_all_known_and_nothing_to_confirm_goes_at_once(talk: Talk, key: str) -> None:
    """One message in, the department's answer out."""
    await talk.say(NUMBER[key], key=key, **BILL)
    [(operation, values, _, language)] = talk.department.calls
    assert (operation, values) == ("getBill", {"service_number": "6123401005678"})
    assert language == reply_language(key)
    assert talk.state.service is None and not talk.open


@pytest.mark.parametrize("key", NUMBER)
async def test_all_known_asks_before_it_acts(talk: Talk, key: str) -> None:
    """The look-up is made, the operation not."""
    bill = OperationResult("ok", {"amount": "845", "consumer_name": "K. Ravi", "bill_month": "11"})
    talk.department.results["getBill"] = [bill]
    await talk.say(NUMBER[key], key=key, **PAY)
    assert talk.state.asked == CONFIRM
    assert [call[0] for call in talk.department.calls] == ["getBill"]
    assert "845" in talk.text and "K. Ravi" in talk.text
    titles = [button.title for button in talk.buttons]
    phrases = talk.form.catalogue.phrases
    language = reply_language(key)
    assert titles == [
        phrases[name][language] for name in ("confirm_yes", "confirm_no", "change_button")
    ]
    await talk.tap('"yes"')
    assert talk.department.calls[-1][0] == "payBill"


@pytest.mark.parametrize(("key", "bare", "full"), BUS, ids=[row[0] for row in BUS])
async def test_slots_are_asked_in_order(talk: Talk, key: str, bare: str, full: str) -> None:
    """One question each, in the citizen's language, until all is there."""
    await talk.say(bare, key=key, **BUS_SERVICE)
    service = talk.form.catalogue.services["rtc_ticket_booking"]
    asked = [s for s in service.slots if not s.volunteered and not s.offered_by]
    for slot, answer in zip(asked, ANSWERS[key], strict=True):
        assert talk.state.asked == slot.name
        assert talk.said[-1].text == slot.ask[reply_language(key)]
        await talk.say(answer, key=key)
    assert talk.state.asked == CONFIRM
    assert talk.state.values == {**FILLED, "mobile_number": "9848012345"}
    assert [call[0] for call in talk.department.calls] == ["listBuses", "quoteTicket"]


@pytest.mark.parametrize(("key", "bare", "full"), BUS, ids=[row[0] for row in BUS])
async def test_a_beginning_says_of_what_and_how_much_is_asked(
    talk: Talk, key: str, bare: str, full: str
) -> None:
    """Nothing begins in silence; what was told already is not counted."""
    language = reply_language(key)
    title = talk.form.catalogue.services["rtc_ticket_booking"].title[language]
    await talk.say(bare, key=key, **BUS_SERVICE)
    slots = talk.form.catalogue.services["rtc_ticket_booking"].slots
    count = len([slot for slot in slots if not slot.volunteered])
    assert talk.said[0].text.startswith(f"*{title}*, {count} ")
    talk.state = State(language=language)
    await talk.say(full, key=key, **BUS_SERVICE)
    assert talk.said[0].text.startswith(f"*{title}*, 2 ")  # the bus, and the mobile number


@pytest.mark.parametrize(("key", "bare", "full"), BUS, ids=[row[0] for row in BUS])
async def test_one_sentence_fills_several_slots(talk: Talk, key: str, bare: str, full: str) -> None:
    """Only what is missing is asked."""
    await talk.say(full, key=key, **BUS_SERVICE)
    assert talk.state.values == FILLED
    assert talk.state.asked == "mobile_number"


@pytest.mark.parametrize(("key", "bare", "full"), BUS, ids=[row[0] for row in BUS])
async def test_several_answers_at_once(talk: Talk, key: str, bare: str, full: str) -> None:
    """Also in answer to the first question."""
    await talk.say(bare, key=key, **BUS_SERVICE)
    await talk.say(full, key=key, **BUS_SERVICE)
    assert talk.state.values == FILLED
    assert talk.state.asked == "mobile_number"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "నా ఆధార్ 2341 2341 2346"),
        ("te-Latn", "naa aadhaar 2341 2341 2346"),
        ("hi", "मेरा आधार २३४१ २३४१ २३४६ है"),
        ("hi-Latn", "mera aadhaar 2341 2341 2346"),
        ("en", "2341 2341 2346"),
    ],
)
async def test_a_value_for_a_later_question_is_noted_aloud(
    talk: Talk, key: str, words: str
) -> None:
    """Masked; then the question that is open comes again."""
    await talk.say("cm relief fund", key=key, intent="cmrf_apply", kind="route")
    await talk.say(words, key=key)
    assert (talk.state.asked, talk.state.attempts) == ("patient_name", 0)
    assert "XXXXXXXX2346" in talk.said[0].text and "2341" not in talk.text.replace("2346", "")


@pytest.mark.parametrize("key", NUMBER)
async def test_three_unfitting_answers_end_with_a_person(talk: Talk, key: str) -> None:
    """Retry twice with an example, then the helpline; nothing is kept."""
    language = reply_language(key)
    phrases = talk.form.catalogue.phrases
    retry = talk.form.catalogue.slot_types["electricity_service_number"].retry[language]
    await talk.say("my bill", key=key, **BILL)
    for _ in range(2):
        await talk.say("123", key=key, sure=0.0)
        assert talk.text == retry
    await talk.say("45", key=key, sure=0.0)
    assert phrases["too_many_attempts"][language] in talk.text
    assert "1912" in talk.text
    assert talk.state.service is None and not talk.open
    assert talk.department.calls == []


async def test_attempts_are_counted_per_question(talk: Talk) -> None:
    """A fitting answer makes the next question start afresh."""
    await talk.say("bus", key="en", **BUS_SERVICE)
    await talk.say("zzzz", key="en")
    await talk.say("Vijayawada", key="en")
    assert (talk.state.asked, talk.state.attempts) == ("to_stop", 0)


async def test_wrong_checksum_is_an_unfitting_answer(talk: Talk) -> None:
    """A mistyped Aadhaar number is asked again, and never stored."""
    await talk.say("income", key="en", intent="income_certificate", kind="route")
    await talk.say("Ravi Kumar", key="en")
    await talk.say("499118665247", key="en")
    assert (talk.state.asked, talk.state.attempts) == ("aadhaar_number", 1)
    assert "aadhaar_number" not in talk.state.values


@pytest.mark.parametrize(
    ("key", "correction"),
    [
        ("te", "కాదు ముగ్గురికి"),
        ("te-Latn", "kaadu mugguriki"),
        ("hi", "नहीं, तीन लोग"),
        ("hi-Latn", "nahi teen log"),
        ("en", "make it three people"),
    ],
)
async def test_correction_at_the_confirmation(talk: Talk, key: str, correction: str) -> None:
    """A value said there replaces the one shown, and is shown again before anything happens."""
    full = next(row[2] for row in BUS if row[0] == key)
    await talk.say(full, key=key, **BUS_SERVICE)
    await talk.say("9848012345", key=key, sure=0.0)
    assert talk.state.asked == CONFIRM
    await talk.say(correction, key=key, **BUS_SERVICE)
    assert talk.state.values == {**FILLED, "mobile_number": "9848012345", "passenger_count": "3"}
    assert talk.state.asked == CONFIRM
    assert "*3*" in talk.text
    assert "bookTicket" not in [call[0] for call in talk.department.calls]


async def test_correction_looks_up_again(talk: Talk) -> None:
    """Another service number is another bill."""
    talk.department.results["getBill"] = [
        OperationResult("ok", {"amount": "845"}),
        OperationResult("ok", {"amount": "1,200"}),
    ]
    await talk.say("pay 6123401005678", key="en", **PAY)
    await talk.say("no, 1123401000012", key="en", **PAY)
    assert [call[1]["service_number"] for call in talk.department.calls] == [
        "6123401005678",
        "1123401000012",
    ]
    assert "1,200" in talk.text and "845" not in talk.text


@pytest.mark.parametrize(
    ("key", "word"),
    [("te", "అవును"), ("te-Latn", "avunu"), ("hi", "हाँ"), ("hi-Latn", "haan"), ("en", "yes")],
)
async def test_yes_in_words(talk: Talk, key: str, word: str) -> None:
    """Does what was asked."""
    await talk.say("pay 6123401005678", key="en", **PAY)
    await talk.say(word, key=key, intent="affirm", kind="conversation")
    assert talk.department.calls[-1][0] == "payBill"
    assert talk.state.service is None


@pytest.mark.parametrize(
    ("key", "word"),
    [("te", "వద్దు"), ("te-Latn", "vaddu"), ("hi", "नहीं"), ("hi-Latn", "nahi"), ("en", "no")],
)
async def test_no_in_words(talk: Talk, key: str, word: str) -> None:
    """Does nothing, and says so in the language of the word where it is native."""
    await talk.say("pay 6123401005678", key="en", **PAY)
    await talk.say(word, key=key, intent="deny", kind="conversation")
    assert [call[0] for call in talk.department.calls] == ["getBill"]
    phrases = talk.form.catalogue.phrases["denied"]
    native = key if key in ("te", "hi") else "en"
    assert talk.text == phrases[native]
    assert talk.state.service is None


async def test_nonsense_at_the_confirmation_asks_again_then_stops(talk: Talk) -> None:
    """Silence is no consent."""
    await talk.say("pay 6123401005678", key="en", **PAY)
    for _ in range(2):
        await talk.say("hmm", key="en")
        assert talk.form.catalogue.phrases["choose_one"]["en"] in talk.text
        assert len(talk.buttons) == 3
    await talk.say("hmm", key="en")
    assert not talk.open
    assert [call[0] for call in talk.department.calls] == ["getBill"]


async def test_choices_are_buttons_and_a_tap_answers(talk: Talk) -> None:
    """Two as reply buttons beside the way back, more than three behind a list."""
    await talk.say("darshan at Srisailam", key="en", intent="temple_darshan_booking", kind="route")
    assert talk.state.asked == "darshan_type"
    assert len(talk.buttons) == 3 and talk.said[-1].button_label is None
    await talk.tap('"special"')
    assert talk.state.values["darshan_type"] == "special"
    assert talk.state.asked == "darshan_date"


async def test_many_choices_are_a_list(talk: Talk) -> None:
    """WhatsApp has three reply buttons at most."""
    await talk.say("income", key="en", intent="income_certificate", kind="route")
    for answer in ("Ravi Kumar", "499118665246", "200000"):
        await talk.say(answer, key="en")
    assert talk.state.asked == "purpose"
    assert len(talk.buttons) == 5 and talk.said[-1].button_label


async def test_choice_tapped_twice_does_not_cancel(talk: Talk) -> None:
    """On a slow line people tap again: the second tap comes when the confirmation is open.

    It used to count as "no" and throw the whole application away.
    """
    await talk.say("income", key="en", intent="income_certificate", kind="route")
    for answer in ("Ravi Kumar", "499118665246", "200000"):
        await talk.say(answer, key="en")
    purposes = talk.buttons
    await talk.tap('"education"', purposes)
    assert talk.state.asked == CONFIRM
    await talk.tap('"education"', purposes)
    assert talk.state.asked == CONFIRM and talk.state.values["purpose"] == "education"
    await talk.tap('"job"', purposes)
    assert talk.state.asked == CONFIRM and talk.state.values["purpose"] == "job"
    assert talk.department.calls == []


async def test_old_button_is_refused(talk: Talk) -> None:
    """A button of an earlier request carries another nonce; the question stays open."""
    await talk.say("pay 6123401005678", key="en", **PAY)
    old = talk.buttons
    await talk.tap('"no"')
    await talk.say("pay 6123401005678", key="en", **PAY)
    await talk.tap('"yes"', old)
    assert talk.form.catalogue.phrases["old_button"]["en"] in talk.text
    assert talk.state.asked == CONFIRM and len(talk.buttons) == 3
    assert "payBill" not in [call[0] for call in talk.department.calls]


async def test_yes_tapped_twice_acts_once(talk: Talk) -> None:
    """The second tap meets no open question."""
    await talk.say("pay 6123401005678", key="en", **PAY)
    buttons = talk.buttons
    await talk.tap('"yes"', buttons)
    await talk.tap('"yes"', buttons)
    assert [call[0] for call in talk.department.calls] == ["getBill", "payBill"]
    assert talk.text == talk.form.catalogue.phrases["old_button"]["en"]


async def test_service_without_slots_goes_at_once(talk: Talk) -> None:
    """Nothing to ask, nothing to confirm."""
    await talk.say("canteen timings", key="en", intent="anna_canteen_timings", kind="route")
    assert [call[0] for call in talk.department.calls] == ["getTimings"]


async def test_new_start_forgets_the_values_before(talk: Talk) -> None:
    """What was said for one service does not leak into the next."""
    await talk.say("pay 6123401005678", key="en", **PAY)
    first = talk.state.nonce
    await talk.tap('"no"')
    await talk.say("electricity bill", key="en", **BILL)
    assert talk.state.values == {} and talk.state.nonce != first
