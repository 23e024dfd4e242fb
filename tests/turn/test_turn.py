"""Messages, replies and notices keep what they are on their way between the processes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.notices import read_notice
from nlu.speech.transcript import Reading
from nlu.turn import (
    Button,
    Document,
    Location,
    Media,
    Message,
    Notice,
    Reply,
    Turned,
    payload,
    read_payload,
)

BUTTONS = (Button("అవును", payload("answer", value="yes", nonce="n")), Button("नहीं", "/x", "about"))
PDF = Document("https://example/1.pdf", "1.pdf")
MESSAGES = [
    Message("కరెంటు బిల్లు", "1:91"),
    Message("bijli ka bill", "1:91", "wamid.1", "hi", "919848012345", tapped=True),
    Message("0, 0", "1:91", location=Location(0.0, 0.0)),
    Message("x", "1:91", media=Media("m", "image/jpeg"), code="https://x.example/c/1#2"),
    Message("బిల్లు", "1:91", readings=(Reading("బిల్లు", "te", 0.6), Reading("बिल", "hi"))),
]


def wired(told: dict[str, Any]) -> Any:
    """Through JSON, as between processes."""
    return json.loads(json.dumps(told))


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_comes_back_from_its_metadata(message: Message) -> None:
    """With whatever Rasa has added to them."""
    told = {**wired(message.metadata()), "model_id": "x", "assistant_id": "seva"}
    assert Message.of(message.text, message.citizen, told) == message


def test_metadata_hold_only_what_is_there() -> None:
    assert MESSAGES[0].metadata() == {}
    assert MESSAGES[2].metadata() == {"location": {"latitude": 0.0, "longitude": 0.0}}


@pytest.mark.parametrize(
    "reply",
    [Reply(""), Reply("హలో"), Reply("?", BUTTONS, "జాబితా", PDF, "te"), Reply("", (), None, PDF)],
)
def test_a_reply_comes_back(reply: Reply) -> None:
    assert Reply.from_json(wired(reply.as_json())) == reply


def test_a_notice_is_the_body_that_notices_takes() -> None:
    notice = Notice("n-1", "1:91", "te", "గురించి", "వార్త", BUTTONS, PDF)
    assert read_notice(wired(notice.as_json()), ["te"]) == notice
    bare = Notice("n-1", "1:91", "te", "గురించి", "వార్త")
    assert read_notice(wired(bare.as_json()), ["te"]) == bare


def test_a_payload_is_read_as_it_was_made() -> None:
    assert read_payload(payload("choose", service="x", value="ఒకటి")) == (
        "choose",
        {"service": "x", "value": "ఒకటి"},
    )
    assert read_payload("/menu") == ("menu", {})


def test_the_last_reply_that_tells_a_language_tells_that_of_the_turn() -> None:
    said = (Reply("a", language="te"), Reply("b", language="hi"), Reply("c"))
    assert Turned(said).language == "hi" and Turned(()).language is None
