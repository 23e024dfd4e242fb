"""The state between turns: nothing a citizen told is readable in Rasa's tracker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from actions.actions import STATE
from actions.dialogue.state import State, Words, new_nonce, read_heard, read_state
from nlu.fast_yaml import load_yaml
from nlu.storage.unreadable import UNREADABLE
from nlu.turn import Message
from tests.dialogue.talk import heard, tapped

ROOT = Path(__file__).resolve().parents[2]
FULL = State(
    language="hi",
    language_fixed=True,
    service="income_certificate",
    values={"applicant_name": "రవి కుమార్", "aadhaar_number": "499118665246"},
    asked="annual_income",
    attempts=2,
    lookup={"owner_name": "K. Lakshmi"},
    nonce="abc123def456",
    heard=Words("मेरा आधार 499118665246 है", True, {"pan_card": {"aadhaar_number": "499118665246"}}),
    unchecked=("aadhaar_number",),
)


def restored(state: State) -> State:
    """Through the tracker's slots and back."""
    return read_state(state.as_json(), default_language="te", saved="en")


@pytest.mark.parametrize("state", [FULL, State(language="te"), replace(FULL, lookup={})])
def test_state_survives_the_tracker(state: State) -> None:
    """Empty and full."""
    assert restored(state) == state


def test_slots_hold_no_plain_value() -> None:
    """Names, numbers, looked-up fields and what was heard are sealed."""
    stored = str(FULL.as_json())
    for private in ("499118665246", "రవి", "Lakshmi", "आधार", "applicant_name", "owner_name"):
        assert private not in stored


def test_token_of_another_key_reads_as_nothing() -> None:
    """After a lost key the citizen is asked again, and somebody is told why."""
    token = Fernet(Fernet.generate_key()).encrypt(b'[1, {"a": "b"}]').decode()
    counted = UNREADABLE.labels("state", "key")
    before = counted._value.get()
    assert read_state({"values": token}, default_language="te", saved=None).values == {}
    assert counted._value.get() == before + 1


def test_one_slot_holds_the_state() -> None:
    """Rasa's rules do not look at it."""
    domain = load_yaml((ROOT / "data" / "rasa" / "domain.yml").read_text("utf-8"))
    assert list(domain["slots"]) == [STATE]
    assert domain["slots"][STATE]["influence_conversation"] is False


@pytest.mark.parametrize(
    ("slots", "saved", "language"),
    [
        ({}, None, "te"),
        ({}, "hi", "hi"),
        ({"language": "en"}, "hi", "en"),
        ({"language": None, "attempts": None, "values": None}, None, "te"),
    ],
)
def test_language_of_a_new_conversation(
    slots: dict[str, str | None], saved: str | None, language: str
) -> None:
    """What the dialogue holds, then what the worker saved, then the default."""
    assert read_state(slots, default_language="te", saved=saved).language == language


def test_nonce_is_the_same_when_a_turn_is_redone() -> None:
    """A redelivered message makes the same request; another message or service another."""
    one = new_nonce(heard("bill", inbox="wamid.1"), "pay")
    assert one == new_nonce(heard("bill", inbox="wamid.1"), "pay")
    assert one != new_nonce(heard("bill", inbox="wamid.2"), "pay")
    assert one != new_nonce(heard("bill", inbox="wamid.1"), "view")


def test_nonce_has_128_bits() -> None:
    """It is the Idempotency-Key of a write: two that are equal would be one to a department."""
    assert len(new_nonce(heard("bill", inbox="wamid.1"), "pay")) * 4 >= 128


def test_heard_of_own_words() -> None:
    """As the parse data of Rasa's message say it."""
    message = {
        "text": "కరెంటు బిల్లు",
        "intent": {"name": "electricity_bill_view", "confidence": 0.9},
        "decision": {"kind": "route", "options": ["electricity_bill_view"]},
        "language": {"key": "te", "confidence": 1.0, "script": "Telu"},
        "entities": [{"entity": "x", "value": "1"}],
    }
    found = read_heard(message, Message("కరెంటు బిల్లు", "1:a", "wamid.1"))
    assert (found.kind, found.options) == ("route", ("electricity_bill_view",))
    assert (found.key, found.script, found.tapped) == ("te", "Telu", False)
    assert found.payload == {}
    assert found.message.id == "wamid.1"


def test_heard_of_a_tap() -> None:
    """Its entities are the button's data; it has no language."""
    message = {
        "text": '/answer{"value": "yes", "nonce": "n"}',
        "intent": {"name": "answer", "confidence": 1.0},
        "entities": [{"entity": "value", "value": "yes"}, {"entity": "nonce", "value": "n"}],
    }
    found = read_heard(message, Message(str(message["text"]), "1:a", "m", tapped=True))
    assert found.tapped and found.kind == "button" and found.key is None
    assert found.payload == {"value": "yes", "nonce": "n"}
    assert found.entities == ()


@pytest.mark.parametrize("message", [{}, {"text": None}, {"intent": None, "decision": None}])
def test_heard_of_nothing(message: dict[str, object]) -> None:
    """A message without parse data is out of scope, not an exception."""
    assert read_heard(message, Message("", "1:a")).kind == "out_of_scope"


def test_tap_of_the_tests_is_a_tap() -> None:
    """The harness builds what `read_heard` builds."""
    event = tapped('/answer{"value": "yes", "nonce": "n"}')
    assert event.tapped and event.payload == {"value": "yes", "nonce": "n"}
