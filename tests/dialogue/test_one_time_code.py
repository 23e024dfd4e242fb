"""A code of the department is asked for like any other answer, and kept nowhere."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from actions.departments import OperationResult
from actions.dialogue import turns
from tests.dialogue.talk import Talk, heard

VIEW = {"intent": "electricity_bill_view", "kind": "route"}
PAY = {"intent": "electricity_bill_payment", "kind": "route"}
NUMBER = "6123401005678"
FIELDS = {"consumer_name": "Ravi", "bill_month": "November 2026", "amount": "845"}
OK = OperationResult("ok", FIELDS)
NEEDED = OperationResult("code_needed", {"sent_to": "3210"}, missed=True)
OVER = OperationResult("code_over", missed=True)
CODE = "482913"
ASKS = {  # what citizens write, their key, and the language of the answer
    "te": ("నా కరెంటు బిల్లు చూపించండి 6123401005678", "te"),
    "te-Latn": ("naa current bill chupinchandi 6123401005678", "te"),
    "hi": ("मेरा बिजली बिल दिखाओ 6123401005678", "hi"),
    "hi-Latn": ("mera bijli bill dikhao 6123401005678", "hi"),
    "en": ("show me my bill 6123401005678", "en"),
}
TOLD = {
    "te": ["482913", "౪౮౨౯౧౩", "కోడ్ 482913 అండి", "నాలుగు ఎనిమిది రెండు తొమ్మిది ఒకటి మూడు"],
    "te-Latn": ["482 913", "code 482913 andi", "nalugu enimidi rendu tommidi okati moodu"],
    "hi": ["482913", "४८२९१३", "कोड 482913 है", "चार आठ दो नौ एक तीन"],
    "hi-Latn": ["48 29 13", "code 482913 hai", "char aath do nau ek teen"],
    "en": ["482913", "the code is 482-913", "four eight two nine one three"],
}


def wrong(left: int) -> OperationResult:
    """The department's answer to a wrong code."""
    return OperationResult("code_wrong", {"tries_left": str(left)}, missed=True)


def phrase(talk: Talk, name: str, **fields: str) -> str:
    """A phrase of the citizen's language."""
    told = {"number": "3210", "digits": "6", "minutes": "10", **fields}
    words: str = talk.form.catalogue.phrases[name][talk.state.language]
    return words.format_map(told)


async def asked(talk: Talk, key: str = "en", *then: OperationResult, at: float = 0.0) -> Talk:
    """Somebody asks for a bill from a number that is not on record."""
    talk.department.results["getBill"] = [NEEDED, *(then or (OK,))]
    return await talk.say(ASKS[key][0], key=key, at=at, **VIEW)


@pytest.mark.parametrize("key", ASKS)
async def test_code_is_asked_for_in_the_citizens_language(talk: Talk, key: str) -> None:
    await asked(talk, key)
    assert talk.state.language == ASKS[key][1]
    assert talk.text == phrase(talk, "code_prompt")
    titles = [phrase(talk, name) for name in ("code_resend_button", "cancel_button")]
    assert [button.title for button in talk.buttons] == titles
    assert talk.open


@pytest.mark.parametrize(("key", "words"), [(k, w) for k, some in TOLD.items() for w in some])
async def test_code_is_read_as_people_write_and_say_it(talk: Talk, key: str, words: str) -> None:
    await asked(talk, key)
    await talk.say(words, key=key)
    assert talk.department.codes == [None, CODE]
    assert "845" in talk.text and not talk.open
    assert talk.state.language == ASKS[key][1]


async def test_spoken_code_is_not_read_back(talk: Talk) -> None:
    """What is read back would stay in the chat, and a wrong one costs only a try."""
    await asked(talk)
    await talk.say("four eight two nine one three", spoken="en", confidence=0.4)
    assert talk.department.codes == [None, CODE]
    assert CODE not in talk.text.replace(" ", "")


async def test_call_with_the_code_is_the_same_request(talk: Talk) -> None:
    await asked(talk)
    await talk.say(CODE)
    first, second = talk.department.calls
    assert first == second


@pytest.mark.parametrize("key", ASKS)
async def test_wrong_code_says_how_many_tries_are_left(talk: Talk, key: str) -> None:
    await asked(talk, key, wrong(4), wrong(3), OK)
    await talk.say("000000", key=key)
    assert talk.text == phrase(talk, "code_wrong", left="4")
    await talk.say("000001", key=key)
    assert talk.text == phrase(talk, "code_wrong", left="3")
    await talk.say(CODE, key=key)
    assert "845" in talk.text


@pytest.mark.parametrize("key", ASKS)
async def test_after_the_last_try_a_new_code_is_offered(talk: Talk, key: str) -> None:
    await asked(talk, key, OVER, NEEDED, OK)
    await talk.say("000000", key=key)
    assert talk.text == phrase(talk, "code_over")
    await talk.say("yes", key=key, intent="affirm", kind="conversation")
    assert talk.text == phrase(talk, "code_prompt")
    await talk.say(CODE, key=key)
    assert talk.department.codes == [None, "000000", None, CODE]


async def test_five_wrong_tries_are_enough_whatever_the_department_says(talk: Talk) -> None:
    await asked(talk, "en", wrong(90))
    for left in ("4", "3", "2", "1"):
        await talk.say("000000")
        assert talk.text == phrase(talk, "code_wrong", left=left)
    await talk.say("000000")
    assert talk.text == phrase(talk, "code_over")
    await talk.say(CODE)
    assert len(talk.department.calls) == 6


async def test_code_that_comes_too_late_is_not_sent(talk: Talk) -> None:
    await asked(talk, at=1000.0)
    await talk.say(CODE, at=1000.0 + 601)
    assert talk.text == phrase(talk, "code_over")
    assert talk.department.codes == [None]


RESEND = {
    "te": "కోడ్ రాలేదు",
    "te-Latn": "code malli pampandi",
    "hi": "कोड दोबारा भेजिए",
    "hi-Latn": "code nahi aaya",
    "en": "send it again please",
}


@pytest.mark.parametrize("key", RESEND)
async def test_another_code_is_sent_for_the_asking(talk: Talk, key: str) -> None:
    await asked(talk, key, NEEDED, OK)
    await talk.say(RESEND[key], key=key)
    assert talk.text == phrase(talk, "code_prompt")
    assert talk.department.codes == [None, None]


async def test_buttons_send_another_code_or_stop(talk: Talk) -> None:
    await asked(talk, "en", NEEDED, OK)
    await talk.tap("resend")
    assert talk.text == phrase(talk, "code_prompt")
    await talk.tap('"stop"')
    assert talk.text.startswith(phrase(talk, "cancelled")[:20])
    assert talk.state.service is None and talk.state.code is None


CANCEL = {
    "te": "ఆపండి",
    "te-Latn": "apandi",
    "hi": "रद्द करो",
    "hi-Latn": "rehne do",
    "en": "stop it",
}


@pytest.mark.parametrize("key", CANCEL)
async def test_cancel_ends_it(talk: Talk, key: str) -> None:
    await asked(talk, key)
    await talk.say(CANCEL[key], key=key)
    assert talk.state.service is None
    assert len(talk.department.calls) == 1


@pytest.mark.parametrize("key", ASKS)
async def test_what_is_no_code_is_asked_again_and_costs_no_try(talk: Talk, key: str) -> None:
    await asked(talk, key)
    await talk.say("12345", key=key, sure=0.0)
    assert talk.text == phrase(talk, "code_unread")
    assert len(talk.department.calls) == 1
    await talk.say(CODE, key=key)
    assert "845" in talk.text


async def test_half_a_code_is_handed_to_nobody(talk: Talk) -> None:
    """A person who goes on with it reads what was told, but not this."""
    await asked(talk)
    step = turns.understood(talk.form, replace(talk.state, attempts=2), heard("48291"))
    assert step.effects and "48291" not in repr(step)


async def test_question_in_between_is_answered_and_the_code_asked_for_again(talk: Talk) -> None:
    await asked(talk)
    await talk.say("help", intent="help", kind="conversation")
    assert talk.said[-1].text == phrase(talk, "code_prompt")
    await talk.say("తెలుగు", key="te", intent="change_language", kind="conversation")
    assert talk.open
    await talk.say(CODE)
    assert "845" in talk.text


async def test_another_service_in_between_leaves_a_draft_without_the_code(talk: Talk) -> None:
    await asked(talk, "en", NEEDED, OK)
    await talk.say(
        "I want to donate food at the canteen", intent="anna_canteen_donate", kind="route"
    )
    assert talk.state.service == "anna_canteen_donate"
    (draft,) = talk.state.kept
    assert (draft.service, draft.asked) == ("electricity_bill_view", "one_time_code")
    assert talk.state.code is None
    await talk.say(ASKS["en"][0], **VIEW)  # where any words are an answer it is asked about
    await talk.say("yes", intent="affirm", kind="conversation")  # gone on with: a new code is sent
    assert talk.text.endswith(phrase(talk, "code_prompt"))
    await talk.say(CODE)
    assert talk.department.codes == [None, None, CODE]


async def test_other_number_is_another_request(talk: Talk) -> None:
    await asked(talk, "en", NEEDED, OK)
    await talk.say("wrong number, it is 6123401009999", **VIEW)
    assert talk.department.calls[-1][1] == {"service_number": "6123401009999"}
    assert talk.department.codes == [None, None]


async def test_look_up_wants_a_code_before_the_confirmation(talk: Talk) -> None:
    talk.department.results["getBill"] = [NEEDED, OK]
    talk.department.results["payBill"] = [OperationResult("ok", {"amount": "845", "order_id": "O"})]
    await talk.say(f"pay my bill {NUMBER}", **PAY)
    assert talk.text == phrase(talk, "code_prompt")
    await talk.say(CODE)
    assert "Ravi" in talk.text and talk.state.code is None
    await talk.say("yes", intent="affirm", kind="conversation")
    assert [call[0] for call in talk.department.calls] == ["getBill", "getBill", "payBill"]
    assert talk.department.codes == [None, CODE, None]


async def test_write_wants_a_code_after_the_confirmation(talk: Talk) -> None:
    """It is the same request: the key of the write stays."""
    talk.department.results["getBill"] = [OK]
    talk.department.results["payBill"] = [
        NEEDED,
        wrong(4),
        OperationResult("ok", {"order_id": "O"}),
    ]
    await talk.say(f"pay my bill {NUMBER}", **PAY)
    await talk.say("yes", intent="affirm", kind="conversation")
    assert talk.text == phrase(talk, "code_prompt")
    await talk.say("000000")
    await talk.say(CODE)
    assert "O" in talk.text and talk.state.service is None
    assert talk.department.codes == [None, None, "000000", CODE]
    assert len({call[2] for call in talk.department.calls}) == 1


async def test_code_that_was_told_while_the_department_was_away_is_asked_anew(talk: Talk) -> None:
    away = OperationResult("unavailable", reason="timeout")
    await asked(talk, "en", away, NEEDED, OK)
    await talk.say(CODE)
    assert talk.state.code is None and not talk.open
    await talk.tap("retry")
    assert talk.text == phrase(talk, "code_prompt")
    assert talk.department.codes == [None, CODE, None]


async def test_code_is_in_nothing_that_is_kept(talk: Talk) -> None:
    """Nor in any earlier state: each turn's is stored."""
    await asked(talk, "en", wrong(4), OK)
    for code in ("771234", CODE):
        await talk.say(code)
        stored = json.dumps([repr(talk.state), repr(talk.said), talk.state.as_json()], default=str)
        assert code not in stored
        assert code not in repr(talk.state.kept)


@pytest.mark.parametrize(
    ("outcome", "name", "fields"),
    [
        ("no_number", "access_no_number", {}),
        ("no_sender", "access_no_sender", {}),
        ("too_many", "access_too_many", {}),
        ("missed_too_often", "access_missed_too_often", {"at": "28-11-2026 4:30 PM"}),
    ],
)
@pytest.mark.parametrize("key", ASKS)
async def test_who_cannot_be_helped_here_reads_why_and_whom_to_call(
    talk: Talk, key: str, outcome: str, name: str, fields: dict[str, str]
) -> None:
    talk.department.results["getBill"] = [OperationResult(outcome, fields)]
    await talk.say(ASKS[key][0], key=key, **VIEW)
    title = talk.form.catalogue.services["electricity_bill_view"].title[talk.state.language]
    assert talk.text == phrase(talk, name, title=title, helpline="1912", **fields)
    assert talk.state.service is None
