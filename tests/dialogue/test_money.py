"""Nothing is asked beside a button to pay; who lost money hears first of their own payment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actions.citizens.effects import Stores
from actions.citizens.handover import Handovers
from actions.citizens.profile import Profiles
from actions.departments import OperationResult
from actions.dialogue import turns
from actions.dialogue.form import Form
from actions.dialogue.state import REMEMBER, State
from nlu.storage.tables import file_url
from nlu.turn import Link
from tests.dialogue.talk import Talk, heard

PAY = {"kind": "route", "intent": "electricity_bill_payment"}
DUE = OperationResult(
    "ok",
    {
        "amount": "845",
        "order_id": "O-1",
        "order_amount": "845",
        "payment_link": "https://pay.example/1",
        "pay_until": "10:45 AM",
    },
)
WORRIES = [
    ("te", "డబ్బులు కట్ అయ్యాయి కానీ రసీదు రాలేదు"),
    ("te-Latn", "dabbulu cut ayyayi kani raseedu raledu"),
    ("hi", "पैसे कट गए पर रसीद नहीं मिली"),
    ("hi-Latn", "paise kat gaye par rasid nahi mili"),
    ("en", "money was deducted but I got no receipt"),
]


@pytest.fixture()
def stores(tmp_path: Path) -> Stores:
    """Empty ones."""
    return Stores(
        Profiles(file_url(tmp_path / "p.sqlite"), 3), Handovers(file_url(tmp_path / "h.sqlite"))
    )


async def due(form: Form, stores: Stores, language: str) -> Talk:
    """A citizen who has just got the button to pay."""
    talk = Talk(form, stores=stores, state=State(language=language, language_fixed=True))
    talk.department.results["payBill"] = [DUE]
    await talk.say("pay 6123401005678", key=None, **PAY)
    return await talk.tap('"yes"')


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_a_payment_is_a_button(form: Form, stores: Stores, language: str) -> None:
    """With the amount on it, until when, and that nothing is paid yet; the address is not text."""
    talk = await due(form, stores, language)
    (reply,) = talk.said
    button = form.catalogue.phrases["pay_button"][language].format(amount="845")
    assert reply.link == Link(button, "https://pay.example/1") and len(button) <= 20
    safety = form.catalogue.phrases["payment_safety"][language].format(pay_until="10:45 AM")
    assert safety in reply.text and "https" not in reply.text


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize("intent", ["thanks", "affirm"])
async def test_consent_is_asked_after_the_payment(
    form: Form, stores: Stores, language: str, intent: str
) -> None:
    """Not on top of it, but behind the thanks; and once."""
    talk = await due(form, stores, language)
    assert talk.state.asked is None and not talk.buttons
    await talk.say("...", key=None, intent=intent, kind="conversation")
    assert talk.state.asked == REMEMBER and "6123401005678" in talk.text
    await talk.tap('"agree"')
    kept = stores.profiles.of(talk.citizen).values["electricity_service_number"]
    assert kept == ("6123401005678",)


async def test_nothing_to_pay_is_no_button(talk: Talk) -> None:
    """Free darshan has no link to pay nothing."""
    fields = {"booking_id": "20261201101001", "amount": "0", "slot_time": "9:00 AM"}
    talk.department.results["bookDarshan"] = [
        OperationResult("booked_free", {**fields, "order_amount": "0", "payment_link": "https://x"})
    ]
    words = "free darshan at srisailam on 28-11-2026 for 2 people, 9848012345"
    await talk.say(words, key="en", kind="route", intent="temple_darshan_booking")
    await talk.tap('"yes"')
    assert talk.department.calls[-1][0] == "bookDarshan"
    assert talk.said[0].link is None and "nothing to pay" in talk.text


@pytest.mark.parametrize(("key", "words"), WORRIES)
async def test_who_lost_money_hears_of_their_payment_first(
    form: Form, key: str, words: str
) -> None:
    """Whatever the words were taken for."""
    state = State(language="te")
    asked: list[str] = []

    async def own(language: str) -> tuple[str, ...]:
        asked.append(language)
        return ("*Bill*: ₹845",)

    message = replace(heard(words, key=key), options=())
    step = await turns.turn(form, state, message, Talk(form).department.execute, own)
    language = {"te-Latn": "te", "hi-Latn": "hi"}.get(key, key)
    assert asked == [language]
    said = [reply.text for reply in step.replies]
    assert said == [form.catalogue.phrases["money_worry"][language], "*Bill*: ₹845"]


@pytest.mark.parametrize(("key", "words"), WORRIES)
async def test_without_a_payment_the_words_mean_what_they_mean(
    talk: Talk, key: str, words: str
) -> None:
    """The service that they name begins."""
    await talk.say(words, key=key, kind="route", intent="temple_failed_payment_refund")
    assert talk.state.service == "temple_failed_payment_refund"


@pytest.mark.parametrize(
    "words",
    ["pay my electricity bill", "నా కరెంటు బిల్లు కట్టాలి", "बिजली का बिल भरना है", "book a bus ticket"],
)
async def test_who_wants_to_pay_has_lost_nothing(form: Form, words: str) -> None:
    """Their payments are not looked at."""

    async def own(language: str) -> tuple[str, ...]:
        raise AssertionError("nobody asked")

    message = heard(words, **PAY)
    await turns.turn(form, State(language="te"), message, Talk(form).department.execute, own)
