"""The only door to Rasa: turns may be repeated, words stay words, nothing private is kept."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from nlu.catalogue import load_catalogue
from nlu.fast_yaml import load_yaml
from nlu.paths import reading
from nlu.speech.transcript import Reading
from tests.processes import free_port, lane
from tests.rasa.conftest import Town

AADHAAR = "499118665246"


def text_of(replies: list[Any]) -> str:
    """All that was said."""
    return "\n".join(reply.text for reply in replies)


def pays_at(replies: list[Any]) -> list[str]:
    """Where the buttons lead that open an address: the page to pay."""
    return [reply.link.url for reply in replies if reply.link]


def tap(town: Town, part: str, replies: list[Any], sender: str, inbox: str, **more: Any) -> Any:
    """Taps the offered button whose id holds `part`."""
    button = next(b for reply in replies for b in reply.buttons if part in b.payload)
    return town.turn(button.payload, sender, inbox, tapped=True, **more)


def test_repeated_turn_gives_the_same_replies_and_acts_once(town: Town) -> None:
    """A worker that died after the department wrote takes the turn again."""
    before = len(town.writes("energy"))
    asked = town.turn("pay my electricity bill 6123401005678", lane("twice"), "1")
    first = tap(town, '"yes"', asked, lane("twice"), "2")
    again = tap(town, '"yes"', asked, lane("twice"), "2")
    assert again == first
    (page,) = pays_at(first)
    assert page.startswith("http")
    assert len(town.writes("energy")) == before + 1


def test_turn_tells_what_was_understood_of_a_text_that_answers_no_question(town: Town) -> None:
    """An answer, such as a name, would look like something nobody understands."""
    from nlu.turn import Message

    def turned(text: str, tracker: str | None, **more: Any) -> Any:
        said = Message(text, lane("decided"), f"{lane('decided')}:{text}", **more)
        return town.run(town.engine.turn(said, tracker))

    asked = turned("I want to apply for an income certificate", None)
    assert asked.decision == ("route", "en")
    assert turned("Ravi Kumar", asked.tracker).decision is None
    assert turned('/choose{"service": "x"}', None, tapped=True).decision is None


def test_repeated_turn_keeps_its_buttons(town: Town) -> None:
    """Replies come back whole, not as text only."""
    asked = town.turn("bijli ka bill bharna hai 6123401005678", lane("buttons"), "1")
    again = town.turn("bijli ka bill bharna hai 6123401005678", lane("buttons"), "1")
    assert again == asked and len(asked[0].buttons) == 3


def test_unknown_turn_runs_on_any_attempt(town: Town) -> None:
    """A first try that never reached the dialogue leaves nothing to repeat."""
    replies = town.turn("how much is my bill 6123401005678", lane("late"), "1")
    assert "845" in text_of(replies)


def test_action_server_down_fails_the_turn_and_a_later_try_succeeds(town: Town) -> None:
    """TurnFailed, not silence; then the same inbox id is answered as if nothing had happened."""
    from nlu.turn import Message, TurnFailed

    words = "నా కరెంటు బిల్లు ఎంత వచ్చింది 6123401005678"
    broken = town.load(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(TurnFailed):
        town.run(broken.turn(Message(words, lane("down"), f"{lane('down')}:1")))
    replies = town.turn(words, lane("down"), "1")
    assert "845" in text_of(replies)


@pytest.mark.parametrize(
    "typed",
    [
        '/choose{"service": "electricity_bill_view"}',
        '  /choose{"service": "electricity_bill_view"}',
        '\u3000/menu{"department": "energy"}',
        '/language{"language": "hi"}',
        "/restart",
        "/session_start",
        "/electricity_bill_view",
    ],
)
def test_typed_intent_stays_text(town: Town, typed: str) -> None:
    """Only a tapped button is an intent; a citizen cannot inject one."""
    sender = f"typed {typed}"
    replies = town.turn(typed, sender, "1")
    assert text_of(replies)
    assert not town.talks.state(sender).get("language_fixed")
    answer = town.run(town.engine.parse(typed))
    assert answer["text"] == typed
    ranked = answer["intent_ranking"][0]
    assert ranked["name"] not in ("choose", "menu", "language", "restart")
    assert ranked["confidence"] < 1.0


def test_tapped_intent_is_an_intent(town: Town) -> None:
    """The same words from a button."""
    replies = town.turn('/choose{"service": "electricity_bill_view"}', "tapped", "1", tapped=True)
    service = load_catalogue(town.data).services["electricity_bill_view"]
    slot = service.slots[0]
    assert any(text_of(replies).endswith(ask) for ask in (slot.ask or slot.type.ask).values())


def digits(text: str) -> str:
    """All digits of any script, as ASCII, without what stands between them."""
    plain = [unicodedata.digit(c) for c in text if unicodedata.category(c) == "Nd"]
    return "".join(map(str, plain))


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        ("private-en", AADHAAR),
        ("private-te", "నా ఆధార్ ౪౯౯౧ ౧౮౬౬ ౫౨౪౬"),
        ("private-hi", "मेरा आधार ४९९१-१८६६-५२४६ है"),
    ],
)
def test_trackers_hold_no_aadhaar(town: Town, sender: str, said: str) -> None:
    """Said in a whole conversation, read back masked, and nowhere in the database."""
    town.turn("I want to apply for an income certificate", sender, "1")
    town.turn("Ravi Kumar", sender, "2")
    town.turn(said, sender, "3")
    town.turn("200000", sender, "4")
    confirm = text_of(town.turn("education", sender, "5"))
    assert "XXXXXXXX5246" in confirm and AADHAAR not in confirm
    kept = town.talks.tracker(sender)
    assert kept and AADHAAR not in digits(kept) and "Ravi" not in kept


def test_whole_message_with_aadhaar_is_not_kept(town: Town) -> None:
    """Unasked, in the first message."""
    sender = "private-first"
    town.turn(f"income certificate kavali, aadhaar {AADHAAR}", sender, "1")
    kept = town.talks.tracker(sender)
    assert kept and "5246" not in digits(kept)


def test_sensitive_answers_are_not_kept_whatever_their_form(town: Town) -> None:
    """A bank account number has no checksum to be known by; that it was asked for is enough.

    Nor has a mistyped Aadhaar number, eleven digits of which are right.
    """
    sender = "private-bank"
    town.turn("I want to apply for the CM relief fund", sender, "1")
    town.turn("Ravi Kumar", sender, "2")
    town.turn("499118665247", sender, "3")
    town.turn(AADHAAR, sender, "4")
    town.turn("Government General Hospital, Guntur", sender, "5")
    town.turn("30501234567", sender, "6")
    confirm = text_of(town.turn("SBIN0001234", sender, "7"))
    assert "XXXXXXX4567" in confirm
    kept = town.talks.tracker(sender)
    assert kept
    for private in (AADHAAR, "499118665247", "30501234567"):
        assert private not in kept


def test_failed_look_up_is_confirmed_after_the_retry(town: Town) -> None:
    """Department down before the question: "try again" asks, and never pays unasked."""
    before = len(town.writes("energy"))
    with town.fault("energy", "down"):
        saved = town.turn("pay my electricity bill 6123401005678", lane("unconfirmed"), "1")
    assert "845" not in text_of(saved)
    asked = tap(town, '"retry"', saved, lane("unconfirmed"), "2")
    assert "845" in text_of(asked) and "http" not in text_of(asked) and not pays_at(asked)
    assert len(asked[0].buttons) == 3
    assert len(town.writes("energy")) == before
    done = tap(town, '"yes"', asked, lane("unconfirmed"), "3")
    (page,) = pays_at(done)
    assert page.startswith("http")
    # An earlier test's order for this bill may be open: then it is that link again.
    assert len(town.writes("energy")) <= before + 1


TEXTS = [
    "నా కరెంటు బిల్లు ఎంత వచ్చింది 6123401005678",
    "naa current bill entha",
    "मुझे विजयवाड़ा से तिरुपति का टिकट चाहिए",
    "mera aay praman patra banwana hai",
    "who won the cricket match yesterday",
    "hi",
    "6123401005678",
    "😀",
    "please pay my property tax for assessment number 1020304050 before the last date, thank you",
]


def test_many_messages_are_parsed_like_one_by_one(town: Town) -> None:
    """The same intent, decision, language and slots, in order."""
    together = town.run(town.engine.parse_many(TEXTS))
    assert [answer["text"] for answer in together] == TEXTS
    for text, one in zip(TEXTS, together):
        alone = town.run(town.engine.parse(text))
        for part in ("decision", "language", "entities"):
            assert one[part] == alone[part], text
        assert one["intent"]["name"] == alone["intent"]["name"]
        assert one["intent"] == alone["intent"]


def test_parse_many_with_languages_and_without_texts(town: Town) -> None:
    """Each message with its own citizen's language; no messages, no answers."""
    found = town.run(town.engine.parse_many(["123", "123", "123"], ["te", "hi", None]))
    assert [answer["language"]["key"] for answer in found] == ["te", "hi", "te"]
    assert town.run(town.engine.parse_many([])) == []


@pytest.mark.parametrize(
    ("readings", "service"),
    [
        ([("Karemtu billemta vaccimdi", "te"), ("Karem tubil emta vachchin di", "hi")], "view"),
        ([("Mera bijali kabil kitana hai", "hi"), ("Mera bijalikabil kitanahe", "te")], "view"),
        ([("How much is my electricity bill?", "en")], "view"),
        ([("karentu billu kattali", "te")], "payment"),
        ([("bijli ka bill bharna hai", "hi")], "payment"),
    ],
)
def test_a_voice_note_is_understood_from_all_its_readings(
    town: Town, readings: list[tuple[str, str]], service: str
) -> None:
    """The answer has the shape of any other, with the first reading's words and language."""
    answer = town.run(town.engine.parse_heard([Reading(*reading) for reading in readings]))
    assert answer["intent"]["name"] == f"electricity_bill_{service}"
    assert answer["text"] == readings[0][0]
    assert answer["language"]["key"].split("-")[0] == readings[0][1]
    assert set(answer) == set(town.run(town.engine.parse("bill")))


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "\u200d\u200c", "?!.", "క" * 3000, "\x00", "\ud7ff"]
)
def test_strange_texts_are_parsed(town: Town, text: str) -> None:
    """Whatever comes in, an answer in the shape of the contract comes out."""
    answer = town.run(town.engine.parse(text))
    assert answer["text"] == text
    assert answer["decision"]["kind"] in ("route", "clarify", "out_of_scope", "conversation")
    assert set(answer["language"]) == {"key", "confidence", "script", "mixed"}


def test_answer_has_the_shape_of_the_contract(town: Town) -> None:
    """shared/contract.md."""
    answer = town.run(town.engine.parse("కరెంటు బిల్లు 6123401005678"))
    assert set(answer) == {
        "text",
        "intent",
        "entities",
        "intent_ranking",
        "text_tokens",
        "language",
        "decision",
        "model",
        "elapsed_ms",
    }
    assert len(answer["intent_ranking"]) == 10
    words = [answer["text"][start:end] for start, end in answer["text_tokens"]]
    assert words == ["కరెంటు", "బిల్లు", "6123401005678"]
    [entity] = answer["entities"]
    assert answer["text"][entity["start"] : entity["end"]] == entity["raw"] == entity["value"]


@pytest.mark.parametrize("before", ["", "  ", "\n"])
def test_answers_fit_the_document_of_the_api(town: Town, before: str) -> None:
    """What the model really says; the tests of the API hold a fake's answers against it."""
    document = load_yaml(Path("api/openapi.yml").read_text("utf-8"))
    schema = {"$ref": "#/components/schemas/ParseAnswer", "components": document["components"]}
    for text in TEXTS:
        answer = town.run(town.engine.parse(before + text))
        Draft202012Validator(schema).validate(answer)
        for entity in answer["entities"]:
            assert answer["text"][entity["start"] : entity["end"]] == entity["raw"]


def test_engine_says_what_to_run_without_a_model(town: Town) -> None:
    """Not a stack trace of Rasa."""
    from nlu.engine.rasa_engine import Engine
    from nlu.registry import live_release

    with pytest.raises(FileNotFoundError, match="seva train"):
        town.run(Engine.load(town.data / "nothing"))
    with pytest.raises(FileNotFoundError, match="seva promote"):
        live_release(town.data)


@pytest.fixture(scope="module")
def rasas(town: Town) -> Any:
    """Rasa's own processor of the same model, which runs its graph through dask."""
    from rasa.core.agent import Agent

    from nlu.registry import ARCHIVE, live_release

    with reading(town.data):
        agent = Agent()
        agent.load_model(str(live_release(town.models).model / ARCHIVE))
    return agent.processor


def test_own_path_through_the_graph_understands_like_rasas_runner(town: Town, rasas: Any) -> None:
    """The nodes called in a fixed order, against dask; alone, together, and out of the cache."""
    from rasa.core.channels.channel import UserMessage
    from rasa.engine.constants import PLACEHOLDER_MESSAGE

    target = rasas.model_metadata.nlu_target
    messages = [UserMessage(text, sender_id="parse", metadata={}) for text in TEXTS]
    inputs = {PLACEHOLDER_MESSAGE: messages}
    theirs = rasas.graph_runner.run(inputs=inputs, targets=[target])[target]
    for text, answer, message in zip(TEXTS, town.run(town.engine.parse_many(TEXTS)), theirs):
        for part in ("intent_ranking", "entities", "language"):
            assert answer[part] == message.data.get(part, []), text


@pytest.mark.parametrize("done", [[], ["action_turn"]])
def test_own_path_through_the_graph_predicts_like_rasas_runner(
    done: list[str], town: Town, rasas: Any
) -> None:
    """What comes after a message, and what after the answer to it."""
    from rasa.shared.core.events import ActionExecuted, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    ours = town.engine._processor
    said = UserUttered("నమస్తే", {"name": "greet", "confidence": 0.9})
    events = [ActionExecuted("action_listen"), said, *map(ActionExecuted, done)]
    tracker = DialogueStateTracker.from_events("somebody", events, domain=rasas.domain)
    mine, theirs = (one._predict_next_with_tracker(tracker) for one in (ours, rasas))
    assert mine.probabilities == theirs.probabilities
    assert (mine.policy_name, mine.events) == (theirs.policy_name, theirs.events)
    assert rasas.domain.action_names_or_texts[theirs.max_confidence_index] == (
        "action_listen" if done else "action_turn"
    )


@pytest.mark.parametrize("hint", [None, "te", "te-Latn", "hi", "hi-Latn", "en"])
def test_any_key_may_come_as_the_hint(hint: str | None, town: Town) -> None:
    """A bare number has no language of its own, so the hint is all there is."""
    answer = town.run(town.engine.parse("6123401005678", hint))
    assert answer["language"]["key"] == (hint or "te")
    assert answer["decision"]["kind"] in ("clarify", "out_of_scope")
