"""Replies fitted into WhatsApp's limits without losing meaning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.whatsapp.outgoing import Draft, Outgoing
from api.whatsapp.policy import load_policy
from api.whatsapp.render import MORE, RenderWords, more_buttons, render, split_text
from nlu.turn import Button, Link, Reply

LIMITS = load_policy(Path("data/whatsapp.yml")).limits
WORDS = RenderWords("ఒకటి ఎంచుకోండి", "ఎంచుకోండి", "ఇంకా ఉన్నాయి", "ఇదిగో మీ పత్రం")


@dataclass(frozen=True)
class File:
    url: str = "http://127.0.0.1:8790/d/1"
    filename: str = "birth.pdf"


@dataclass(frozen=True)
class FileReply:
    text: str
    buttons: tuple[Button, ...] = ()
    button_label: str | None = None
    document: File | None = File()
    link: Link | None = None


def shown(*replies: object, inbox_id: str = "wamid.1") -> list[Draft]:
    return render(replies, inbox_id=inbox_id, words=WORDS, limits=LIMITS)


def options(count: int, title: str = "Option") -> tuple[Button, ...]:
    return tuple(Button(f"{title} {n}", f"/choose{n}", f"about {n}") for n in range(count))


def kinds(drafts: list[Draft]) -> list[str]:
    return [draft.message.kind for draft in drafts]


def test_neighbouring_texts_are_one_message() -> None:
    (draft,) = shown(Reply("one"), Reply("two"))
    assert draft.message == Outgoing("text", "one\n\ntwo")


def test_text_before_buttons_is_their_body() -> None:
    (draft,) = shown(Reply("one"), Reply("two", options(2)))
    assert draft.message.kind == "buttons"
    assert draft.message.text == "one\n\ntwo"


@pytest.mark.parametrize(
    ("count", "title", "kind"),
    [
        (1, "Yes", "buttons"),
        (3, "Short", "buttons"),
        (4, "Short", "list"),
        (10, "Short", "list"),
        (2, "t" * 20, "list"),  # 22 with the number: over 20, under 24
        (2, "t" * 23, "text"),  # 25: over 24
    ],
)
def test_kind_of_options(count: int, title: str, kind: str) -> None:
    assert kinds(shown(Reply("which?", options(count, title)))) == [kind]


def test_same_titles_are_told_apart_in_a_list() -> None:
    same = (Button("Pay", "a", "power"), Button("Pay", "b", "tax"))
    assert kinds(shown(Reply("which?", same))) == ["list"]


def test_ids_are_short_and_mean_the_payload() -> None:
    (draft,) = shown(Reply("which?", options(3)))
    for option, choice, button in zip(
        draft.message.options, draft.choices, options(3), strict=True
    ):
        assert option.id == choice.id and len(option.id) <= 200
        assert choice.payload == button.payload


def test_ids_are_the_same_when_a_turn_is_rendered_again() -> None:
    assert shown(Reply("x", options(3))) == shown(Reply("x", options(3)))
    other = shown(Reply("x", options(3)), inbox_id="wamid.2")
    assert other[0].choices[0].id != shown(Reply("x", options(3)))[0].choices[0].id


def test_more_than_ten_options_are_paged() -> None:
    (draft,) = shown(Reply("which?", options(12)))
    assert len(draft.message.options) == 10
    assert draft.message.options[-1].title == WORDS.more
    last = draft.choices[-1]
    assert last.payload.startswith(MORE)
    assert [button.payload for button in more_buttons(last.payload)] == [
        f"/choose{n}" for n in (9, 10, 11)
    ]


def test_long_titles_become_numbers() -> None:
    (draft,) = shown(Reply("which?", options(2, "a title that fits nowhere at all")))
    assert "1. a title that fits nowhere at all 0" in draft.message.text
    assert [(choice.number, choice.payload) for choice in draft.choices] == [
        (1, "/choose0"),
        (2, "/choose1"),
    ]


def test_long_body_goes_ahead_of_its_list() -> None:
    drafts = shown(Reply("x " * 3000, options(2)))
    assert kinds(drafts) == ["text", "list"]


def test_body_too_long_for_buttons_takes_a_list() -> None:
    assert kinds(shown(Reply("x" * 1025, options(2)))) == ["list"]


def test_document_carries_its_text() -> None:
    (draft,) = shown(FileReply("ready"))
    assert draft.message == Outgoing(
        "document", "ready", document_url=File().url, filename="birth.pdf"
    )


def test_document_with_long_text_or_buttons_keeps_both() -> None:
    assert kinds(shown(FileReply("x" * 2000))) == ["document", "text"]
    assert kinds(shown(FileReply("more?", options(2)))) == ["document", "buttons"]
    assert kinds(shown(Reply("first"), FileReply(""))) == ["text", "document"]


def test_nothing_said_is_nothing_sent() -> None:
    assert shown() == []
    assert shown(Reply("  ")) == []


def test_wrong_label_is_replaced() -> None:
    (draft,) = shown(Reply("which?", options(5), "l" * 21))
    assert draft.message.button == WORDS.choose_button


def test_outgoing_survives_the_outbox() -> None:
    (draft,) = shown(Reply("ఏది?", options(5), "మెనూ"))
    assert Outgoing.from_json(draft.message.to_json()) == draft.message


buttons = st.builds(
    Button,
    st.text(min_size=1, max_size=40),
    st.text(min_size=1, max_size=30),
    st.none() | st.text(max_size=90),
)
replies = st.builds(
    Reply,
    st.text(max_size=2000),
    st.lists(buttons, max_size=14).map(tuple),
    st.none() | st.text(max_size=25),
)


@settings(max_examples=60)
@given(st.lists(replies, max_size=4))
def test_limits_hold_for_any_reply(many: list[Reply]) -> None:
    payloads = []
    for draft in shown(*many):
        message = draft.message
        body = {"buttons": LIMITS.button_body}.get(message.kind, LIMITS.text)
        assert 0 < len(message.text) <= body
        assert len(message.options) <= (3 if message.kind == "buttons" else 10)
        longest = 20 if message.kind == "buttons" else 24
        assert all(len(option.title) <= longest for option in message.options)
        assert all(len(option.description) <= 72 for option in message.options)
        for choice in draft.choices:
            more = choice.payload.startswith(MORE)
            payloads += (
                [b.payload for b in more_buttons(choice.payload)] if more else [choice.payload]
            )
    assert payloads == [button.payload for reply in many for button in reply.buttons]


@settings(max_examples=60)
@given(st.text(alphabet="క్షిర్త ా।.\n a", max_size=400), st.integers(8, 40))
def test_split_keeps_every_letter_and_no_broken_syllable(text: str, longest: int) -> None:
    parts = split_text(text, longest)
    assert all(len(part) <= longest for part in parts)
    squeeze = str.maketrans("", "", " \n")
    assert "".join(parts).translate(squeeze) == text.translate(squeeze)


def test_link_is_a_button_of_its_own() -> None:
    """What else can be tapped comes behind it; a title is cut to WhatsApp's limit."""
    link = Link("Pay ₹1,05,000.50 right now", "https://pay.example/1")
    paid, more = shown(Reply("due", options(2), link=link))
    assert paid.message == Outgoing(
        "link", "due", button="Pay ₹1,05,000.50 ri…", link_url="https://pay.example/1"
    )
    assert more.message.kind == "buttons"
    first, second = shown(Reply("x" * 2000, link=link))
    assert (first.message.kind, second.message.kind) == ("text", "link")
    assert len(second.message.text) <= LIMITS.button_body
